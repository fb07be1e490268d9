// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {ILedger} from "./ILedger.sol";
import {IServing} from "./IServing.sol";
import {InitializedOnce} from "./common/InitializedOnce.sol";
import {Ledger} from "./ledger/LedgerTypes.sol";
import {Ledgers} from "./ledger/Ledgers.sol";
import {ServiceRegistry} from "./ledger/ServiceRegistry.sol";

/// @title The prepaid main accounts of all users.
/// @notice A user deposits coins here, transfers them to sub-accounts (one per provider) inside
///         serving contracts, and takes back what was not spent. All amounts in neuron.
contract LedgerManager is ILedger, Ledgers, ServiceRegistry, InitializedOnce {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice Smallest transfer that opens a sub-account (1 0G).
    uint256 public constant MIN_TRANSFER_AMOUNT = 1 ether;
    uint256 public constant MAX_PROVIDERS_PER_BATCH = 20;
    uint256 public constant MAX_PROVIDERS_PER_USER_PER_SERVICE = 50;

    mapping(address user => mapping(address service => EnumerableSet.AddressSet)) private _providers;

    modifier onlyService() {
        if (!_isService(msg.sender)) revert CallerNotRegisteredService(msg.sender);
        _;
    }

    /// @dev Explicit, so that the interface lists it; the base contract locks the implementation.
    constructor() {}

    /// @notice Sets the owner of the registry, once per proxy.
    function initialize(address owner) external onlyFirstTime initializer {
        _transferOwnership(owner);
    }

    /// @notice Takes the refunds that serving contracts send back, and nothing else.
    receive() external payable {
        if (!_isService(msg.sender)) revert DirectDepositsDisabled();
    }

    // ---- deposits ----------------------------------------------------------------------------

    /// @notice Opens the caller's ledger with the coins sent along.
    /// @return the deposited amount, and 0
    function addLedger(
        string calldata additionalInfo
    ) external payable locked(msg.sender) returns (uint256, uint256) {
        _checkFirstDeposit();
        _checkInfoLength(additionalInfo);
        if (_hasLedger(msg.sender)) revert LedgerExists(msg.sender);
        _openLedger(msg.sender, msg.value, additionalInfo);
        return (msg.value, 0);
    }

    /// @notice Adds the coins sent along to the caller's ledger, opening it if need be.
    function depositFund() external payable locked(msg.sender) {
        _deposit(msg.sender);
    }

    /// @notice The same for somebody else's ledger.
    function depositFundFor(address recipient) external payable locked(recipient) {
        if (recipient == address(0)) revert ZeroAddressNotAllowed();
        _deposit(recipient);
    }

    /// @notice Replaces the free text of the caller's ledger.
    function updateAdditionalInfo(string calldata additionalInfo) external locked(msg.sender) {
        _checkInfoLength(additionalInfo);
        _ledgerOf(msg.sender).additionalInfo = additionalInfo;
        emit LedgerInfoUpdated(msg.sender, additionalInfo);
    }

    // ---- sub-accounts ------------------------------------------------------------------------

    /// @notice Moves money to the caller's sub-account with `provider`, opening it if need be.
    /// @dev With a refund under way the refund is stopped first; only the rest leaves the ledger.
    /// @param serviceName full name of the service, for example `inference-v1.0`
    function transferFund(
        address provider,
        string calldata serviceName,
        uint256 amount
    ) external locked(msg.sender) {
        Ledger storage ledger = _ledgerOf(msg.sender);
        IServing service = IServing(_serviceByFullName(serviceName));

        uint256 send = amount;
        bytes memory call;
        if (service.accountExists(msg.sender, provider)) {
            uint256 pending = service.getPendingRefund(msg.sender, provider);
            uint256 cancel = amount < pending ? amount : pending;
            send = amount - cancel;
            call = abi.encodeCall(IServing.depositFund, (msg.sender, provider, cancel));
        } else {
            _addProvider(address(service), provider, amount);
            call = abi.encodeCall(IServing.addAccount, (msg.sender, provider, ledger.additionalInfo));
        }

        uint256 available = ledger.availableBalance;
        if (available < send) revert InsufficientAvailableBalance(available, send);
        ledger.availableBalance = available - send;
        // The reason of an inner revert is not passed on: clients know one error here.
        (bool ok, ) = address(service).call{value: send}(call);
        if (!ok) revert CallFailed();
    }

    /// @notice Takes ripe refunds back into the ledger and asks for everything that is free.
    /// @dev Money needs two calls, at least the lock time of the service apart. Providers without
    ///      a sub-account are skipped.
    function retrieveFund(
        address[] calldata providers,
        string calldata serviceName
    ) external locked(msg.sender) {
        uint256 count = providers.length;
        if (count > MAX_PROVIDERS_PER_BATCH) revert TooManyProviders(count, MAX_PROVIDERS_PER_BATCH);
        IServing service = IServing(_serviceByFullName(serviceName));
        Ledger storage ledger = _ledgerOf(msg.sender);

        uint256 returned;
        for (uint256 i = 0; i < count; ++i) {
            if (!service.accountExists(msg.sender, providers[i])) continue;
            (uint256 amount, , ) = service.processRefund(msg.sender, providers[i]);
            returned += amount;
            service.requestRefundAll(msg.sender, providers[i]);
        }
        ledger.availableBalance += returned;
    }

    /// @notice Providers the user has sub-accounts with. They stay after the money came back.
    function getLedgerProviders(
        address user,
        string calldata serviceName
    ) external view returns (address[] memory) {
        return _providers[user][_serviceByFullName(serviceName)].values();
    }

    /// @inheritdoc ILedger
    function spendFund(address user, uint256 amount) external onlyService locked(user) {
        Ledger storage ledger = _ledgerOf(user);
        uint256 inSubAccounts = ledger.totalBalance - ledger.availableBalance;
        if (inSubAccounts < amount) revert InsufficientAvailableBalance(inSubAccounts, amount);
        ledger.totalBalance -= amount;
        emit FundSpent(user, msg.sender, amount);
    }

    // ---- leaving -----------------------------------------------------------------------------

    /// @notice Pays out available money. What stays available is nothing or at least the minimum.
    /// @dev Paying out the last coin closes the ledger and its sub-accounts.
    function refund(uint256 amount) external locked(msg.sender) {
        Ledger storage ledger = _ledgerOf(msg.sender);
        if (ledger.availableBalance < amount) revert InsufficientBalance(msg.sender);
        uint256 rest = ledger.availableBalance - amount;
        if (rest != 0 && rest < MIN_ACCOUNT_BALANCE) {
            revert MinimumDepositRequired(rest, MIN_ACCOUNT_BALANCE);
        }

        ledger.availableBalance = rest;
        ledger.totalBalance -= amount;
        if (ledger.totalBalance == 0) _deleteEverything(msg.sender);
        (bool ok, ) = msg.sender.call{value: amount}("");
        if (!ok) revert TransferFailed();
    }

    /// @notice Closes an empty ledger and its sub-accounts.
    function deleteLedger() external locked(msg.sender) {
        uint256 total = _ledgerOf(msg.sender).totalBalance;
        if (total != 0) revert MustWithdrawAllFundsFirst(total);
        _deleteEverything(msg.sender);
    }

    // ---- inside ------------------------------------------------------------------------------

    function _checkFirstDeposit() private view {
        if (msg.value < MIN_ACCOUNT_BALANCE) {
            revert MinimumDepositRequired(msg.value, MIN_ACCOUNT_BALANCE);
        }
    }

    function _deposit(address user) private {
        if (msg.value == 0) revert ZeroAmountNotAllowed();
        if (!_hasLedger(user)) {
            _checkFirstDeposit();
            _openLedger(user, msg.value, "");
            return;
        }
        Ledger storage ledger = _ledgerOf(user);
        ledger.availableBalance += msg.value;
        ledger.totalBalance += msg.value;
    }

    function _addProvider(address service, address provider, uint256 amount) private {
        if (amount < MIN_TRANSFER_AMOUNT) revert MinimumDepositRequired(amount, MIN_TRANSFER_AMOUNT);
        EnumerableSet.AddressSet storage providers = _providers[msg.sender][service];
        uint256 current = providers.length();
        if (current >= MAX_PROVIDERS_PER_USER_PER_SERVICE) {
            revert TooManyProvidersForService(current, MAX_PROVIDERS_PER_USER_PER_SERVICE);
        }
        providers.add(provider);
    }

    /// @dev From the end of each list, so that no entry has to be moved.
    function _deleteEverything(address user) private {
        for (uint256 s = _serviceCount(); s > 0; --s) {
            address service = _serviceAt(s - 1);
            EnumerableSet.AddressSet storage providers = _providers[user][service];
            for (uint256 p = providers.length(); p > 0; --p) {
                address provider = providers.at(p - 1);
                providers.remove(provider);
                IServing(service).deleteAccount(user, provider);
            }
        }
        _closeLedger(user);
    }
}
