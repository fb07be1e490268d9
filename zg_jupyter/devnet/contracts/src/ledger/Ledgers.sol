// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {Paging} from "../common/Paging.sol";
import {ILedgerSignals} from "./ILedgerSignals.sol";
import {Ledger} from "./LedgerTypes.sol";

/// @title The users' main accounts and the lock that guards each of them.
abstract contract Ledgers is ILedgerSignals {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice Smallest first deposit, and smallest rest that may stay available (3 0G).
    uint256 public constant MIN_ACCOUNT_BALANCE = 3 ether;
    /// @notice Longest additional information, in bytes.
    uint256 public constant MAX_ADDITIONAL_INFO_LENGTH = 4096;

    uint256 private constant UNLOCKED = 1;
    uint256 private constant LOCKED = 2;

    EnumerableSet.AddressSet private _users;
    mapping(address user => Ledger) private _ledgers;
    mapping(address user => uint256 state) private _locks;

    /// @dev One call per user at a time: coins are sent out while the lock is held, and whoever
    ///      receives them cannot move the same user's money again.
    modifier locked(address user) {
        if (_locks[user] == LOCKED) revert LedgerLocked();
        _locks[user] = LOCKED;
        _;
        _locks[user] = UNLOCKED;
    }

    /// @notice The main account of `user`.
    function getLedger(address user) external view returns (Ledger memory) {
        return _ledgerOf(user);
    }

    /// @notice A window over all main accounts. No upper bound on `limit`; 0 means 50.
    function getAllLedgers(
        uint256 offset,
        uint256 limit
    ) external view returns (Ledger[] memory ledgers, uint256 total) {
        total = _users.length();
        ledgers = new Ledger[](Paging.count(total, offset, limit));
        for (uint256 i = 0; i < ledgers.length; ++i) {
            ledgers[i] = _ledgers[_users.at(offset + i)];
        }
    }

    function _hasLedger(address user) internal view returns (bool) {
        return _users.contains(user);
    }

    function _ledgerOf(address user) internal view returns (Ledger storage) {
        if (!_hasLedger(user)) revert LedgerNotExists(user);
        return _ledgers[user];
    }

    function _openLedger(address user, uint256 amount, string memory additionalInfo) internal {
        _users.add(user);
        _ledgers[user] = Ledger({
            user: user,
            availableBalance: amount,
            totalBalance: amount,
            additionalInfo: additionalInfo
        });
    }

    function _closeLedger(address user) internal {
        _users.remove(user);
        delete _ledgers[user];
    }

    function _checkInfoLength(string calldata additionalInfo) internal pure {
        uint256 length = bytes(additionalInfo).length;
        if (length > MAX_ADDITIONAL_INFO_LENGTH) {
            revert AdditionalInfoTooLong(length, MAX_ADDITIONAL_INFO_LENGTH);
        }
    }
}
