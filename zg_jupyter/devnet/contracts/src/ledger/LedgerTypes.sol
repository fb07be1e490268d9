// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {IServing} from "../IServing.sol";

/// @notice Main account of one user. Amounts in neuron (1e-18 0G).
/// @param availableBalance can be transferred to sub-accounts or paid out
/// @param totalBalance available plus everything locked in sub-accounts of all services
struct Ledger {
    address user;
    uint256 availableBalance;
    uint256 totalBalance;
    string additionalInfo;
}

/// @notice A serving contract known to the ledger.
/// @param serviceContract same address as `serviceAddress`
/// @param fullName serviceType + "-" + version, the name users pass
/// @param registeredAt block time, unix seconds
struct ServiceInfo {
    address serviceAddress;
    IServing serviceContract;
    string serviceType;
    string version;
    string fullName;
    string description;
    bool isRecommended;
    uint256 registeredAt;
}
