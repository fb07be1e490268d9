// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {AccountBook} from "./AccountBook.sol";
import {IInferenceSignals} from "./IInferenceSignals.sol";
import {Account} from "./InferenceTypes.sol";

/// @title Sub-accounts as users and readers see them.
abstract contract Accounts is IInferenceSignals {
    using AccountBook for AccountBook.Book;

    uint256 internal constant MAX_PAGE = 50;
    uint256 private constant MAX_BATCH = 500;

    AccountBook.Book internal _book;

    modifier pageLimit(uint256 limit) {
        if (limit > MAX_PAGE) revert LimitTooLarge(limit, MAX_PAGE);
        _;
    }

    // ---- trust and session tokens of the caller ----------------------------------------------

    /// @notice Says whether the caller trusts the TEE signer of `provider`. Trust can be taken back
    ///         only with an empty sub-account.
    function acknowledgeTEESigner(address provider, bool acknowledged) external {
        Account storage account = _book.get(msg.sender, provider);
        if (account.acknowledged && !acknowledged && account.balance != 0) {
            revert CannotRevokeWithNonZeroBalance(msg.sender, provider, account.balance);
        }
        account.acknowledged = acknowledged;
    }

    /// @notice Voids one session token of the caller with `provider`.
    function revokeToken(address provider, uint8 tokenId) external {
        Account storage account = _book.get(msg.sender, provider);
        account.revokedBitmap |= _bit(tokenId);
        emit TokenRevoked(msg.sender, provider, tokenId);
    }

    /// @notice Voids several session tokens of the caller with `provider`.
    function revokeTokens(address provider, uint8[] calldata tokenIds) external {
        Account storage account = _book.get(msg.sender, provider);
        uint256 bitmap = account.revokedBitmap;
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            bitmap |= _bit(tokenIds[i]);
        }
        account.revokedBitmap = bitmap;
        emit TokensRevoked(msg.sender, provider, tokenIds);
    }

    /// @notice Voids every session token of the caller with `provider` and frees all token ids.
    function revokeAllTokens(address provider) external {
        Account storage account = _book.get(msg.sender, provider);
        account.revokedBitmap = 0;
        uint256 generation = ++account.generation;
        emit AllTokensRevoked(msg.sender, provider, generation);
    }

    /// @notice Whether the bit of a token is set. Says nothing about the token's generation.
    function isTokenRevoked(address user, address provider, uint8 tokenId) external view returns (bool) {
        return _book.get(user, provider).revokedBitmap & _bit(tokenId) != 0;
    }

    // ---- reading -----------------------------------------------------------------------------

    /// @notice One sub-account.
    function getAccount(address user, address provider) external view returns (Account memory) {
        return _book.get(user, provider);
    }

    /// @notice A window of at most 50 over all sub-accounts; limit 0 means 50.
    function getAllAccounts(
        uint256 offset,
        uint256 limit
    ) external view pageLimit(limit) returns (Account[] memory accounts, uint256 total) {
        return _book.page(_book.keys, offset, limit);
    }

    /// @notice A window of at most 50 over the sub-accounts with one provider.
    function getAccountsByProvider(
        address provider,
        uint256 offset,
        uint256 limit
    ) external view pageLimit(limit) returns (Account[] memory accounts, uint256 total) {
        return _book.page(_book.ofProvider[provider], offset, limit);
    }

    /// @notice A window of at most 50 over the sub-accounts of one user.
    function getAccountsByUser(
        address user,
        uint256 offset,
        uint256 limit
    ) external view pageLimit(limit) returns (Account[] memory accounts, uint256 total) {
        return _book.page(_book.ofUser[user], offset, limit);
    }

    /// @notice The sub-accounts of many users with the caller, who is the provider. A user without
    ///         one gives a zero struct.
    function getBatchAccountsByUsers(
        address[] calldata users
    ) external view returns (Account[] memory accounts) {
        if (users.length > MAX_BATCH) revert BatchSizeTooLarge(users.length, MAX_BATCH);
        accounts = new Account[](users.length);
        for (uint256 i = 0; i < users.length; ++i) {
            accounts[i] = _book.peek(users[i], msg.sender);
        }
    }

    function _bit(uint8 tokenId) private pure returns (uint256) {
        return uint256(1) << tokenId;
    }
}
