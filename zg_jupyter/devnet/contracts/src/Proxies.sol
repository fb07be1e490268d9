// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.22;

// Both contracts are deployed the way the official ones are: implementation, beacon, proxy.
// solhint-disable no-unused-import
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
