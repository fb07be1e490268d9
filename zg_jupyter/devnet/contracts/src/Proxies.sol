// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

// The ledger and the market are deployed the way the official ones are: implementation, beacon,
// proxy. Imported to be compiled.
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
