// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// @title What the ledger needs from a contract that sells services.
/// @notice The ledger checks the ERC-165 id of this interface (0x160841b1) before it registers a
///         service. A serving contract pays refunds with a plain transfer to the ledger and calls
///         `ILedger.spendFund` while it settles.
interface IServing {
    /// @notice Whether `user` has a sub-account with `provider`.
    function accountExists(address user, address provider) external view returns (bool);

    /// @notice Neuron that `user` asked back from `provider` and that have not left yet.
    function getPendingRefund(address user, address provider) external view returns (uint256);

    /// @notice Opens a sub-account; the coins sent along are its first balance.
    function addAccount(address user, address provider, string calldata additionalInfo) external payable;

    /// @notice Adds the coins sent along and stops up to `cancelRetrievingAmount` of refunds.
    function depositFund(address user, address provider, uint256 cancelRetrievingAmount) external payable;

    /// @notice Turns everything free in the sub-account into one new refund.
    function requestRefundAll(address user, address provider) external;

    /// @notice Sends refunds older than the lock time to the ledger.
    /// @return totalAmount neuron sent
    /// @return balance what is left in the sub-account
    /// @return pendingRefund refunds still under way
    function processRefund(
        address user,
        address provider
    ) external returns (uint256 totalAmount, uint256 balance, uint256 pendingRefund);

    /// @notice Forgets a sub-account (its nonce and generation outlive it).
    function deleteAccount(address user, address provider) external;
}
