// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

import {IServing} from "./IServing.sol";
import {InitializedOnce} from "./common/InitializedOnce.sol";
import {Settlement} from "./inference/Settlement.sol";

/// @title The market of inference services: sub-accounts, services, settlement.
/// @notice Users pay through the ledger, providers list services with a stake and settle signed
///         fees. Reading: `Accounts`, `LedgerFace`, `Services`, `Settlement`.
contract InferenceServing is Settlement, InitializedOnce, ERC165 {
    uint256 public constant MIN_LOCKTIME = 1 hours;
    uint256 public constant MAX_LOCKTIME = 7 days;

    /// @dev Explicit, so that the interface lists it; the base contract locks the implementation.
    constructor() {}

    /// @notice Sets the lock time (seconds), the ledger and the owner, once per proxy.
    function initialize(
        uint256 _locktime,
        address _ledgerAddress,
        address owner
    ) external onlyFirstTime initializer {
        _checkLockTime(_locktime);
        _transferOwnership(owner);
        lockTime = _locktime;
        ledgerAddress = _ledgerAddress;
        emit ContractInitialized(owner, _locktime, _ledgerAddress);
    }

    /// @notice Money comes through the ledger only.
    receive() external payable {
        revert DirectDepositsDisabled();
    }

    /// @notice Changes the lock time (seconds), for refunds already under way too.
    function updateLockTime(uint256 _locktime) external onlyOwner {
        _checkLockTime(_locktime);
        emit LockTimeUpdated(lockTime, _locktime);
        lockTime = _locktime;
    }

    /// @notice ERC-165: this contract is an `IServing`.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IServing).interfaceId || super.supportsInterface(interfaceId);
    }

    function _checkLockTime(uint256 value) private pure {
        if (value < MIN_LOCKTIME || value > MAX_LOCKTIME) {
            revert LockTimeOutOfRange(value, MIN_LOCKTIME, MAX_LOCKTIME);
        }
    }
}
