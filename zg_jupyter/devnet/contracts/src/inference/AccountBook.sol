// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {Paging} from "../common/Paging.sol";
import {IInferenceSignals} from "./IInferenceSignals.sol";
import {Account} from "./InferenceTypes.sol";

/// @title All sub-accounts, listed together, by user and by provider.
library AccountBook {
    using EnumerableSet for EnumerableSet.Bytes32Set;

    struct Book {
        EnumerableSet.Bytes32Set keys;
        mapping(address user => EnumerableSet.Bytes32Set) ofUser;
        mapping(address provider => EnumerableSet.Bytes32Set) ofProvider;
        mapping(bytes32 key => Account) accounts;
    }

    /// @notice Whether the sub-account is open.
    function exists(Book storage book, address user, address provider) internal view returns (bool) {
        return book.keys.contains(_key(user, provider));
    }

    /// @notice The open sub-account, or `AccountNotExists`.
    function get(
        Book storage book,
        address user,
        address provider
    ) internal view returns (Account storage) {
        bytes32 key = _key(user, provider);
        if (!book.keys.contains(key)) revert IInferenceSignals.AccountNotExists(user, provider);
        return book.accounts[key];
    }

    /// @notice Opens a sub-account. Nonce and generation go on where an earlier one ended, so that
    ///         no old settlement or session token comes to life again.
    function open(
        Book storage book,
        address user,
        address provider,
        uint256 balance,
        string calldata additionalInfo
    ) internal {
        bytes32 key = _key(user, provider);
        if (!book.keys.add(key)) revert IInferenceSignals.AccountExists(user, provider);
        book.ofUser[user].add(key);
        book.ofProvider[provider].add(key);

        Account storage account = book.accounts[key];
        account.user = user;
        account.provider = provider;
        account.balance = balance;
        account.additionalInfo = additionalInfo;
        account.acknowledged = true;
    }

    /// @notice Closes a sub-account; one that is not open is left alone.
    /// @return balance what was in it
    function close(
        Book storage book,
        address user,
        address provider
    ) internal returns (uint256 balance) {
        bytes32 key = _key(user, provider);
        if (!book.keys.remove(key)) return 0;
        book.ofUser[user].remove(key);
        book.ofProvider[provider].remove(key);

        Account storage account = book.accounts[key];
        balance = account.balance;
        account.balance = 0;
        account.pendingRefund = 0;
        account.validRefundsLength = 0;
        account.acknowledged = false;
        account.revokedBitmap = 0;
        delete account.refunds;
        delete account.additionalInfo;
    }

    /// @notice A copy of the sub-account; a zero struct if it is not open.
    function peek(
        Book storage book,
        address user,
        address provider
    ) internal view returns (Account memory account) {
        bytes32 key = _key(user, provider);
        if (book.keys.contains(key)) account = book.accounts[key];
    }

    /// @notice A window over one of the lists of `book`.
    function page(
        Book storage book,
        EnumerableSet.Bytes32Set storage keys,
        uint256 offset,
        uint256 limit
    ) internal view returns (Account[] memory accounts, uint256 total) {
        total = keys.length();
        accounts = new Account[](Paging.count(total, offset, limit));
        for (uint256 i = 0; i < accounts.length; ++i) {
            accounts[i] = book.accounts[keys.at(offset + i)];
        }
    }

    function _key(address user, address provider) private pure returns (bytes32) {
        return keccak256(abi.encode(user, provider));
    }
}
