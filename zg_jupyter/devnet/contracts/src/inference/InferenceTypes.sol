// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

// All amounts and prices in neuron (1e-18 0G), all times in unix seconds.

/// @notice Money on its way back from a sub-account to the ledger.
/// @param processed part of the published layout; never set
struct Refund {
    uint256 index;
    uint256 amount;
    uint256 createdAt;
    bool processed;
}

/// @notice Sub-account of one user with one provider.
/// @param balance everything in it, money asked back included
/// @param pendingRefund the part of `balance` that was asked back
/// @param refunds only the first `validRefundsLength` entries count, the rest are used slots
/// @param acknowledged whether the user trusts the provider's TEE signer
/// @param generation session tokens of an older generation are void
/// @param revokedBitmap bit i set: session token i of this generation is void
struct Account {
    address user;
    address provider;
    uint256 nonce;
    uint256 balance;
    uint256 pendingRefund;
    Refund[] refunds;
    string additionalInfo;
    bool acknowledged;
    uint256 validRefundsLength;
    uint256 generation;
    uint256 revokedBitmap;
}

/// @notice What a provider offers.
/// @param teeSignerAcknowledged whether the owner of the contract confirmed the signer
struct Service {
    address provider;
    string serviceType;
    string url;
    uint256 inputPrice;
    uint256 outputPrice;
    uint256 updatedAt;
    string model;
    string verifiability;
    string additionalInfo;
    address teeSignerAddress;
    bool teeSignerAcknowledged;
}

/// @notice What a provider says when it offers or changes a service.
struct ServiceParams {
    string serviceType;
    string url;
    string model;
    string verifiability;
    uint256 inputPrice;
    uint256 outputPrice;
    string additionalInfo;
    address teeSignerAddress;
}

/// @notice Fees of one user since the last settlement, signed by the provider's TEE signer.
struct TEESettlementData {
    address user;
    address provider;
    uint256 totalFee;
    bytes32 requestsHash;
    uint256 nonce;
    bytes signature;
}

/// @notice What became of one item of a settlement.
enum SettlementStatus {
    SUCCESS,
    PARTIAL,
    PROVIDER_MISMATCH,
    NO_TEE_SIGNER,
    INVALID_NONCE,
    INVALID_SIGNATURE
}
