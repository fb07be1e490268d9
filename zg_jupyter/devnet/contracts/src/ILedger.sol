// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// @title What a serving contract needs from the ledger.
interface ILedger {
    /// @notice Books `amount` neuron of `user` as spent. Moves no coins: the caller holds them.
    function spendFund(address user, uint256 amount) external;
}
