// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/security/ReentrancyGuard.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {Paging} from "../common/Paging.sol";
import {Accounts} from "./Accounts.sol";
import {Service, ServiceParams} from "./InferenceTypes.sol";

/// @title What providers offer, the stake behind it, and the owner's word about their signers.
abstract contract Services is Accounts, Ownable, ReentrancyGuard {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice Stake a provider leaves here while its service is listed (100 0G).
    uint256 public constant MIN_PROVIDER_STAKE = 100 ether;
    uint256 private constant MAX_INFO_LENGTH = 4096;

    EnumerableSet.AddressSet private _providers;
    mapping(address provider => Service) private _services;
    mapping(address provider => uint256 amount) private _stakes;

    // ---- providers ---------------------------------------------------------------------------

    /// @notice Lists the caller's service, with the stake, or changes it, without.
    function addOrUpdateService(ServiceParams calldata params) external payable {
        _takeStake();
        if (bytes(params.additionalInfo).length > MAX_INFO_LENGTH) revert AdditionalInfoTooLong();

        Service storage service = _services[msg.sender];
        bool isNew = _providers.add(msg.sender);
        // What the owner confirmed is this signer behind this offer: any change of either voids it.
        bool stillConfirmed = !isNew && service.teeSignerAcknowledged && _sameOffer(service, params);

        service.provider = msg.sender;
        service.serviceType = params.serviceType;
        service.url = params.url;
        service.inputPrice = params.inputPrice;
        service.outputPrice = params.outputPrice;
        service.updatedAt = block.timestamp;
        service.model = params.model;
        service.verifiability = params.verifiability;
        service.additionalInfo = params.additionalInfo;
        service.teeSignerAddress = params.teeSignerAddress;
        service.teeSignerAcknowledged = stillConfirmed;

        emit ServiceUpdated(
            msg.sender,
            params.serviceType,
            params.url,
            params.inputPrice,
            params.outputPrice,
            block.timestamp,
            params.model,
            params.verifiability
        );
    }

    /// @notice Takes the caller's service off the list and gives the stake back.
    function removeService() external nonReentrant {
        if (!_providers.remove(msg.sender)) revert ServiceNotExist(msg.sender);
        delete _services[msg.sender];
        uint256 stake = _stakes[msg.sender];
        delete _stakes[msg.sender];

        (bool ok, ) = msg.sender.call{value: stake}("");
        if (!ok) revert TransferFailed();
        emit ProviderStakeReturned(msg.sender, stake);
        emit ServiceRemoved(msg.sender);
    }

    // ---- owner -------------------------------------------------------------------------------

    /// @notice The owner confirms the TEE signer of a service; without it nothing settles.
    function acknowledgeTEESignerByOwner(address provider) external onlyOwner {
        _confirmSigner(provider, true);
    }

    /// @notice The owner takes the confirmation back.
    function revokeTEESignerAcknowledgement(address provider) external onlyOwner {
        _confirmSigner(provider, false);
    }

    // ---- reading -----------------------------------------------------------------------------

    /// @notice The service of one provider.
    function getService(address provider) external view returns (Service memory service) {
        return _serviceOf(provider);
    }

    /// @notice Whether this provider has a service.
    function serviceExists(address provider) public view returns (bool) {
        return _providers.contains(provider);
    }

    /// @notice A window of at most 50 over all services, confirmed or not; limit 0 means 50.
    function getAllServices(
        uint256 offset,
        uint256 limit
    ) external view pageLimit(limit) returns (Service[] memory services, uint256 total) {
        total = _providers.length();
        services = new Service[](Paging.count(total, offset, limit));
        for (uint256 i = 0; i < services.length; ++i) {
            services[i] = _services[_providers.at(offset + i)];
        }
    }

    // ---- inside ------------------------------------------------------------------------------

    function _serviceOf(address provider) internal view returns (Service storage) {
        if (!serviceExists(provider)) revert ServiceNotExist(provider);
        return _services[provider];
    }

    function _takeStake() private {
        if (_stakes[msg.sender] != 0) {
            if (msg.value != 0) revert CannotAddStakeWhenUpdating();
            return;
        }
        if (msg.value < MIN_PROVIDER_STAKE) revert InsufficientStake(msg.value, MIN_PROVIDER_STAKE);
        _stakes[msg.sender] = msg.value;
        emit ProviderStaked(msg.sender, msg.value);
    }

    function _confirmSigner(address provider, bool confirmed) private {
        Service storage service = _serviceOf(provider);
        service.teeSignerAcknowledged = confirmed;
        emit ProviderTEESignerAcknowledged(provider, service.teeSignerAddress, confirmed);
    }

    /// @dev URL and prices may change without a new confirmation.
    function _sameOffer(Service storage service, ServiceParams calldata params) private view returns (bool) {
        return
            service.teeSignerAddress == params.teeSignerAddress &&
            _same(service.serviceType, params.serviceType) &&
            _same(service.model, params.model) &&
            _same(service.verifiability, params.verifiability) &&
            _same(service.additionalInfo, params.additionalInfo);
    }

    function _same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }
}
