"""The published interface of the deployed contracts, one line per entry.

Facts, not code: written down once from the ABI of the deployed implementations (mainnet, testnet
and testnet-dev agree). Clients on those networks rely on every word and its order.
"""

LEDGER_MANAGER = """\
struct Ledger (address user, uint256 availableBalance, uint256 totalBalance, string additionalInfo)
struct ServiceInfo (address serviceAddress, address<contract IServing> serviceContract, string serviceType, string version, string fullName, string description, bool isRecommended, uint256 registeredAt)
constructor() nonpayable
receive() payable
function MAX_ADDITIONAL_INFO_LENGTH() view returns (uint256)
function MAX_PROVIDERS_PER_BATCH() view returns (uint256)
function MAX_PROVIDERS_PER_USER_PER_SERVICE() view returns (uint256)
function MAX_SERVICES() view returns (uint256)
function MIN_ACCOUNT_BALANCE() view returns (uint256)
function MIN_TRANSFER_AMOUNT() view returns (uint256)
function addLedger(string additionalInfo) payable returns (uint256, uint256)
function deleteLedger() nonpayable
function depositFund() payable
function depositFundFor(address recipient) payable
function getAllActiveServices() view returns (ServiceInfo[])
function getAllLedgers(uint256 offset, uint256 limit) view returns (Ledger[] ledgers, uint256 total)
function getAllVersions(string serviceType) view returns (string[] versions, address[] addresses, bool[] isRecommendedFlags)
function getLedger(address user) view returns (Ledger)
function getLedgerProviders(address user, string serviceName) view returns (address[])
function getRecommendedService(string serviceType) view returns (string version, address serviceAddress)
function getServiceAddressByName(string serviceName) view returns (address)
function getServiceInfo(address serviceAddress) view returns (ServiceInfo)
function initialize(address owner) nonpayable
function initialized() view returns (bool)
function isRecommendedVersion(string serviceType, string version) view returns (bool)
function owner() view returns (address)
function refund(uint256 amount) nonpayable
function registerService(string serviceType, string version, address serviceAddress, string description) nonpayable
function renounceOwnership() nonpayable
function retrieveFund(address[] providers, string serviceName) nonpayable
function setRecommendedService(string serviceType, string version) nonpayable
function spendFund(address user, uint256 amount) nonpayable
function transferFund(address provider, string serviceName, uint256 amount) nonpayable
function transferOwnership(address newOwner) nonpayable
function updateAdditionalInfo(string additionalInfo) nonpayable
event FundSpent(address indexed user, address indexed service, uint256 amount)
event Initialized(uint8 version)
event LedgerInfoUpdated(address indexed user, string additionalInfo)
event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)
event RecommendedServiceUpdated(string serviceType, string version, address serviceAddress)
event ServiceRegistered(address indexed serviceAddress, string serviceName)
error AdditionalInfoTooLong(uint256 length, uint256 max)
error AlreadyInitialized()
error CallFailed()
error CallerNotRegisteredService(address caller)
error DirectDepositsDisabled()
error InsufficientAvailableBalance(uint256 available, uint256 required)
error InsufficientBalance(address user)
error InvalidServiceAddress(address serviceAddress)
error InvalidServiceType(string serviceType)
error LedgerExists(address user)
error LedgerLocked()
error LedgerNotExists(address user)
error MinimumDepositRequired(uint256 provided, uint256 required)
error MustWithdrawAllFundsFirst(uint256 remainingBalance)
error NoRecommendedService(string serviceType)
error ServiceAlreadyRegistered(address serviceAddress)
error ServiceMustImplementIServing(address serviceAddress)
error ServiceNameExists(string serviceName)
error ServiceNotFound(address serviceAddress)
error ServiceNotRegistered(address serviceAddress)
error ServiceRegistryLimitReached(uint256 limit)
error ServiceTypeRequired()
error TooManyProviders(uint256 requested, uint256 maximum)
error TooManyProvidersForService(uint256 current, uint256 maximum)
error TransferFailed()
error VersionRequired()
error ZeroAddressNotAllowed()
error ZeroAmountNotAllowed()
"""

INFERENCE_SERVING = """\
struct Account (address user, address provider, uint256 nonce, uint256 balance, uint256 pendingRefund, Refund[] refunds, string additionalInfo, bool acknowledged, uint256 validRefundsLength, uint256 generation, uint256 revokedBitmap)
struct Refund (uint256 index, uint256 amount, uint256 createdAt, bool processed)
struct Service (address provider, string serviceType, string url, uint256 inputPrice, uint256 outputPrice, uint256 updatedAt, string model, string verifiability, string additionalInfo, address teeSignerAddress, bool teeSignerAcknowledged)
struct ServiceParams (string serviceType, string url, string model, string verifiability, uint256 inputPrice, uint256 outputPrice, string additionalInfo, address teeSignerAddress)
struct TEESettlementData (address user, address provider, uint256 totalFee, bytes32 requestsHash, uint256 nonce, bytes signature)
constructor() nonpayable
receive() payable
function MAX_LOCKTIME() view returns (uint256)
function MIN_LOCKTIME() view returns (uint256)
function MIN_PROVIDER_STAKE() view returns (uint256)
function accountExists(address user, address provider) view returns (bool)
function acknowledgeTEESigner(address provider, bool acknowledged) nonpayable
function acknowledgeTEESignerByOwner(address provider) nonpayable
function addAccount(address user, address provider, string additionalInfo) payable
function addOrUpdateService(ServiceParams params) payable
function deleteAccount(address user, address provider) nonpayable
function depositFund(address user, address provider, uint256 cancelRetrievingAmount) payable
function getAccount(address user, address provider) view returns (Account)
function getAccountsByProvider(address provider, uint256 offset, uint256 limit) view returns (Account[] accounts, uint256 total)
function getAccountsByUser(address user, uint256 offset, uint256 limit) view returns (Account[] accounts, uint256 total)
function getAllAccounts(uint256 offset, uint256 limit) view returns (Account[] accounts, uint256 total)
function getAllServices(uint256 offset, uint256 limit) view returns (Service[] services, uint256 total)
function getBatchAccountsByUsers(address[] users) view returns (Account[] accounts)
function getPendingRefund(address user, address provider) view returns (uint256)
function getService(address provider) view returns (Service service)
function initialize(uint256 _locktime, address _ledgerAddress, address owner) nonpayable
function initialized() view returns (bool)
function isTokenRevoked(address user, address provider, uint8 tokenId) view returns (bool)
function ledgerAddress() view returns (address)
function lockTime() view returns (uint256)
function owner() view returns (address)
function previewSettlementResults(TEESettlementData[] settlements) view returns (address[] failedUsers, uint8[]<enum SettlementStatus[]> failureReasons, address[] partialUsers, uint256[] partialAmounts)
function processRefund(address user, address provider) nonpayable returns (uint256 totalAmount, uint256 balance, uint256 pendingRefund)
function removeService() nonpayable
function renounceOwnership() nonpayable
function requestRefundAll(address user, address provider) nonpayable
function revokeAllTokens(address provider) nonpayable
function revokeTEESignerAcknowledgement(address provider) nonpayable
function revokeToken(address provider, uint8 tokenId) nonpayable
function revokeTokens(address provider, uint8[] tokenIds) nonpayable
function serviceExists(address provider) view returns (bool)
function settleFeesWithTEE(TEESettlementData[] settlements) nonpayable returns (uint8[] statuses)
function supportsInterface(bytes4 interfaceId) view returns (bool)
function transferOwnership(address newOwner) nonpayable
function updateLockTime(uint256 _locktime) nonpayable
event AccountDeleted(address indexed user, address indexed provider, uint256 refundedAmount)
event AllTokensRevoked(address indexed user, address indexed provider, uint256 newGeneration)
event BalanceUpdated(address indexed user, address indexed provider, uint256 amount, uint256 pendingRefund)
event BatchBalanceUpdated(address[] users, uint256[] balances, uint256[] pendingRefunds)
event ContractInitialized(address indexed owner, uint256 lockTime, address ledgerAddress)
event Initialized(uint8 version)
event LockTimeUpdated(uint256 oldLockTime, uint256 newLockTime)
event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)
event ProviderStakeReturned(address indexed provider, uint256 amount)
event ProviderStaked(address indexed provider, uint256 amount)
event ProviderTEESignerAcknowledged(address indexed provider, address indexed teeSignerAddress, bool acknowledged)
event RefundRequested(address indexed user, address indexed provider, uint256 indexed index, uint256 timestamp)
event ServiceRemoved(address indexed service)
event ServiceUpdated(address indexed service, string serviceType, string url, uint256 inputPrice, uint256 outputPrice, uint256 updatedAt, string model, string verifiability)
event TEESettlementResult(address indexed user, uint8<enum SettlementStatus> status, uint256 unsettledAmount)
event TokenRevoked(address indexed user, address indexed provider, uint8 tokenId)
event TokensRevoked(address indexed user, address indexed provider, uint8[] tokenIds)
error AccountExists(address user, address provider)
error AccountNotExists(address user, address provider)
error AdditionalInfoTooLong()
error AlreadyInitialized()
error BatchSizeTooLarge(uint256 size, uint256 max)
error CallerNotLedger(address caller)
error CannotAddStakeWhenUpdating()
error CannotRevokeWithNonZeroBalance(address user, address provider, uint256 balance)
error DirectDepositsDisabled()
error InsufficientStake(uint256 provided, uint256 required)
error InvalidAddress(address addr)
error InvalidTEESignature(string reason)
error LimitTooLarge(uint256 limit, uint256 max)
error LockTimeOutOfRange(uint256 lockTime, uint256 min, uint256 max)
error NoSettlementsProvided()
error ProviderCannotBeUser()
error ServiceNotExist(address provider)
error TooManyRefunds(address user, address provider)
error TooManySettlements(uint256 count, uint256 max)
error TransferFailed()
"""
