// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {IServing} from "../IServing.sol";
import {AccountBook} from "./AccountBook.sol";
import {Accounts} from "./Accounts.sol";
import {Account} from "./InferenceTypes.sol";
import {Refunds} from "./Refunds.sol";

/// @title Sub-accounts as the ledger sees them: money comes in and goes back through it only.
abstract contract LedgerFace is IServing, Accounts {
    using AccountBook for AccountBook.Book;
    using Refunds for Account;

    /// @notice The ledger this contract works with.
    address public ledgerAddress;
    /// @notice Age in seconds at which a refund may leave.
    uint256 public lockTime;

    modifier onlyLedger() {
        if (msg.sender != ledgerAddress) revert CallerNotLedger(msg.sender);
        _;
    }

    /// @inheritdoc IServing
    function accountExists(address user, address provider) external view returns (bool) {
        return _book.exists(user, provider);
    }

    /// @inheritdoc IServing
    function getPendingRefund(address user, address provider) external view returns (uint256) {
        return _book.get(user, provider).pendingRefund;
    }

    /// @inheritdoc IServing
    function addAccount(
        address user,
        address provider,
        string calldata additionalInfo
    ) external payable onlyLedger {
        _checkPair(user, provider);
        _book.open(user, provider, msg.value, additionalInfo);
        emit BalanceUpdated(user, provider, msg.value, 0);
    }

    /// @inheritdoc IServing
    function depositFund(
        address user,
        address provider,
        uint256 cancelRetrievingAmount
    ) external payable onlyLedger {
        _checkPair(user, provider);
        Account storage account = _book.get(user, provider);
        account.cancelNewestFirst(cancelRetrievingAmount);
        account.balance += msg.value;
        account.acknowledged = true;
        emit BalanceUpdated(user, provider, account.balance, account.pendingRefund);
    }

    /// @inheritdoc IServing
    function requestRefundAll(address user, address provider) external onlyLedger {
        Account storage account = _book.get(user, provider);
        account.requestAll();
        uint256 active = account.validRefundsLength;
        if (active > 0) emit RefundRequested(user, provider, active - 1, block.timestamp);
    }

    /// @inheritdoc IServing
    function processRefund(
        address user,
        address provider
    ) external onlyLedger returns (uint256 totalAmount, uint256 balance, uint256 pendingRefund) {
        Account storage account = _book.get(user, provider);
        totalAmount = account.takeRipe(lockTime);
        balance = account.balance;
        pendingRefund = account.pendingRefund;
        if (totalAmount == 0) return (0, balance, pendingRefund);

        emit BalanceUpdated(user, provider, balance, pendingRefund);
        (bool ok, ) = msg.sender.call{value: totalAmount}("");
        if (!ok) revert TransferFailed();
    }

    /// @inheritdoc IServing
    function deleteAccount(address user, address provider) external onlyLedger {
        uint256 balance = _book.close(user, provider);
        emit AccountDeleted(user, provider, balance);
    }

    function _checkPair(address user, address provider) private pure {
        if (user == address(0)) revert InvalidAddress(user);
        if (provider == address(0)) revert InvalidAddress(provider);
        if (user == provider) revert ProviderCannotBeUser();
    }
}
