// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {SettlementStatus} from "./InferenceTypes.sol";

/// @title Events and errors of the inference market.
interface IInferenceSignals {
    // Sub-accounts. `amount` is the new balance.
    event BalanceUpdated(
        address indexed user,
        address indexed provider,
        uint256 amount,
        uint256 pendingRefund
    );
    event RefundRequested(
        address indexed user,
        address indexed provider,
        uint256 indexed index,
        uint256 timestamp
    );
    event AccountDeleted(address indexed user, address indexed provider, uint256 refundedAmount);

    // Session tokens
    event TokenRevoked(address indexed user, address indexed provider, uint8 tokenId);
    event TokensRevoked(address indexed user, address indexed provider, uint8[] tokenIds);
    event AllTokensRevoked(address indexed user, address indexed provider, uint256 newGeneration);

    // Services
    event ServiceUpdated(
        address indexed service,
        string serviceType,
        string url,
        uint256 inputPrice,
        uint256 outputPrice,
        uint256 updatedAt,
        string model,
        string verifiability
    );
    event ServiceRemoved(address indexed service);
    event ProviderStaked(address indexed provider, uint256 amount);
    event ProviderStakeReturned(address indexed provider, uint256 amount);
    event ProviderTEESignerAcknowledged(
        address indexed provider,
        address indexed teeSignerAddress,
        bool acknowledged
    );

    // Settlement. `unsettledAmount` is what the provider did not get.
    event TEESettlementResult(address indexed user, SettlementStatus status, uint256 unsettledAmount);

    // The contract
    event ContractInitialized(address indexed owner, uint256 lockTime, address ledgerAddress);
    event LockTimeUpdated(uint256 oldLockTime, uint256 newLockTime);

    // Part of the published interface, never emitted
    event BatchBalanceUpdated(address[] users, uint256[] balances, uint256[] pendingRefunds);

    // Sub-accounts
    error AccountExists(address user, address provider);
    error AccountNotExists(address user, address provider);
    error InvalidAddress(address addr);
    error ProviderCannotBeUser();
    error TooManyRefunds(address user, address provider);
    error CannotRevokeWithNonZeroBalance(address user, address provider, uint256 balance);
    error CallerNotLedger(address caller);
    error DirectDepositsDisabled();
    error TransferFailed();

    // Lists
    error LimitTooLarge(uint256 limit, uint256 max);
    error BatchSizeTooLarge(uint256 size, uint256 max);

    // Services
    error ServiceNotExist(address provider);
    error AdditionalInfoTooLong();
    error InsufficientStake(uint256 provided, uint256 required);
    error CannotAddStakeWhenUpdating();

    // Settlement and the contract
    error NoSettlementsProvided();
    error TooManySettlements(uint256 count, uint256 max);
    error LockTimeOutOfRange(uint256 lockTime, uint256 min, uint256 max);

    // Part of the published interface, raised by no rule
    error InvalidTEESignature(string reason);
}
