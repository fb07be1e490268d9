// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// @title Events and errors of the ledger.
/// @notice Creating a ledger, deposits, refunds and transfers have no event here; a transfer is
///         seen as `BalanceUpdated` of the serving contract.
interface ILedgerSignals {
    event ServiceRegistered(address indexed serviceAddress, string serviceName);
    event RecommendedServiceUpdated(string serviceType, string version, address serviceAddress);
    event LedgerInfoUpdated(address indexed user, string additionalInfo);
    event FundSpent(address indexed user, address indexed service, uint256 amount);

    // The user's account
    error LedgerExists(address user);
    error LedgerNotExists(address user);
    error LedgerLocked();
    error AdditionalInfoTooLong(uint256 length, uint256 max);

    // Amounts, in neuron
    error MinimumDepositRequired(uint256 provided, uint256 required);
    error InsufficientBalance(address user);
    error InsufficientAvailableBalance(uint256 available, uint256 required);
    error MustWithdrawAllFundsFirst(uint256 remainingBalance);
    error ZeroAmountNotAllowed();
    error ZeroAddressNotAllowed();
    error DirectDepositsDisabled();
    error TransferFailed();
    error CallFailed();

    // Providers of a user
    error TooManyProviders(uint256 requested, uint256 maximum);
    error TooManyProvidersForService(uint256 current, uint256 maximum);

    // Registry of services
    error ServiceNotFound(address serviceAddress);
    error InvalidServiceAddress(address serviceAddress);
    error ServiceTypeRequired();
    error VersionRequired();
    error ServiceAlreadyRegistered(address serviceAddress);
    error ServiceNameExists(string serviceName);
    error ServiceMustImplementIServing(address serviceAddress);
    error ServiceRegistryLimitReached(uint256 limit);
    error NoRecommendedService(string serviceType);
    error CallerNotRegisteredService(address caller);

    // Part of the published interface, raised by no rule
    error InvalidServiceType(string serviceType);
    error ServiceNotRegistered(address serviceAddress);
}
