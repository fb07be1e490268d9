// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IServing} from "../IServing.sol";
import {ILedgerSignals} from "./ILedgerSignals.sol";
import {ServiceInfo} from "./LedgerTypes.sol";

/// @title Which serving contracts the ledger works with, by address and by full name.
abstract contract ServiceRegistry is Ownable, ILedgerSignals {
    using EnumerableSet for EnumerableSet.AddressSet;

    uint256 public constant MAX_SERVICES = 500;

    EnumerableSet.AddressSet private _services;
    mapping(address service => ServiceInfo) private _info;
    mapping(bytes32 fullNameHash => address service) private _byFullName;
    mapping(bytes32 typeHash => address service) private _recommended;

    /// @notice Adds a serving contract. It starts without the recommended flag.
    function registerService(
        string calldata serviceType,
        string calldata version,
        address serviceAddress,
        string calldata description
    ) external onlyOwner {
        if (serviceAddress == address(0)) revert InvalidServiceAddress(serviceAddress);
        if (bytes(serviceType).length == 0) revert ServiceTypeRequired();
        if (bytes(version).length == 0) revert VersionRequired();
        if (_isService(serviceAddress)) revert ServiceAlreadyRegistered(serviceAddress);

        string memory fullName = _fullName(serviceType, version);
        bytes32 nameHash = _hash(fullName);
        if (_byFullName[nameHash] != address(0)) revert ServiceNameExists(fullName);
        if (!ERC165Checker.supportsInterface(serviceAddress, type(IServing).interfaceId)) {
            revert ServiceMustImplementIServing(serviceAddress);
        }
        if (_services.length() >= MAX_SERVICES) revert ServiceRegistryLimitReached(MAX_SERVICES);

        _services.add(serviceAddress);
        _byFullName[nameHash] = serviceAddress;
        ServiceInfo storage info = _info[serviceAddress];
        info.serviceAddress = serviceAddress;
        info.serviceContract = IServing(serviceAddress);
        info.serviceType = serviceType;
        info.version = version;
        info.fullName = fullName;
        info.description = description;
        info.registeredAt = block.timestamp;

        emit ServiceRegistered(serviceAddress, fullName);
    }

    /// @notice Makes one version the recommended one of its type; the previous one loses the flag.
    function setRecommendedService(string calldata serviceType, string calldata version) external onlyOwner {
        address service = _find(serviceType, version);
        if (service == address(0)) revert ServiceNotFound(address(0));

        bytes32 typeHash = _hash(serviceType);
        address previous = _recommended[typeHash];
        if (previous != address(0)) _info[previous].isRecommended = false;
        _recommended[typeHash] = service;
        _info[service].isRecommended = true;

        emit RecommendedServiceUpdated(serviceType, version, service);
    }

    /// @notice Everything known about a serving contract; a zero struct for an unknown address.
    function getServiceInfo(address serviceAddress) external view returns (ServiceInfo memory) {
        return _info[serviceAddress];
    }

    /// @notice Address behind a full name such as `inference-v1.0`; zero if unknown.
    function getServiceAddressByName(string calldata serviceName) external view returns (address) {
        return _byFullName[_hash(serviceName)];
    }

    /// @notice All registered services, in the order of registration.
    function getAllActiveServices() external view returns (ServiceInfo[] memory) {
        uint256 total = _services.length();
        ServiceInfo[] memory all = new ServiceInfo[](total);
        for (uint256 i = 0; i < total; ++i) {
            all[i] = _info[_services.at(i)];
        }
        return all;
    }

    /// @notice The version of a type that new users should take.
    function getRecommendedService(
        string calldata serviceType
    ) external view returns (string memory version, address serviceAddress) {
        serviceAddress = _recommended[_hash(serviceType)];
        if (serviceAddress == address(0)) revert NoRecommendedService(serviceType);
        version = _info[serviceAddress].version;
    }

    /// @notice All versions of a type: three lists of equal length, empty for an unknown type.
    function getAllVersions(
        string calldata serviceType
    )
        external
        view
        returns (string[] memory versions, address[] memory addresses, bool[] memory isRecommendedFlags)
    {
        bytes32 typeHash = _hash(serviceType);
        uint256 total = _services.length();
        uint256 found;
        for (uint256 i = 0; i < total; ++i) {
            if (_hash(_info[_services.at(i)].serviceType) == typeHash) ++found;
        }

        versions = new string[](found);
        addresses = new address[](found);
        isRecommendedFlags = new bool[](found);
        uint256 next;
        for (uint256 i = 0; i < total; ++i) {
            ServiceInfo storage info = _info[_services.at(i)];
            if (_hash(info.serviceType) != typeHash) continue;
            versions[next] = info.version;
            addresses[next] = info.serviceAddress;
            isRecommendedFlags[next] = info.isRecommended;
            ++next;
        }
    }

    /// @notice Whether this version is the recommended one of its type.
    function isRecommendedVersion(
        string calldata serviceType,
        string calldata version
    ) external view returns (bool) {
        return _info[_find(serviceType, version)].isRecommended;
    }

    function _isService(address candidate) internal view returns (bool) {
        return _services.contains(candidate);
    }

    /// @dev Users name a service in full; the zero address in the error is what clients expect.
    function _serviceByFullName(string memory fullName) internal view returns (address service) {
        service = _byFullName[_hash(fullName)];
        if (service == address(0)) revert ServiceNotFound(address(0));
    }

    function _serviceCount() internal view returns (uint256) {
        return _services.length();
    }

    function _serviceAt(uint256 i) internal view returns (address) {
        return _services.at(i);
    }

    /// @dev Two types can make the same full name ("a-b" + "c", "a" + "b-c"): compare the type too.
    function _find(
        string calldata serviceType,
        string calldata version
    ) private view returns (address service) {
        service = _byFullName[_hash(_fullName(serviceType, version))];
        if (_hash(_info[service].serviceType) != _hash(serviceType)) return address(0);
    }

    function _fullName(
        string calldata serviceType,
        string calldata version
    ) private pure returns (string memory) {
        return string.concat(serviceType, "-", version);
    }

    function _hash(string memory text) private pure returns (bytes32) {
        return keccak256(bytes(text));
    }
}
