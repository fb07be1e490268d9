// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {ILedger} from "../ILedger.sol";
import {AccountBook} from "./AccountBook.sol";
import {Account, Service, SettlementStatus, TEESettlementData} from "./InferenceTypes.sol";
import {LedgerFace} from "./LedgerFace.sol";
import {Refunds} from "./Refunds.sol";
import {Services} from "./Services.sol";

/// @title Fees move from sub-accounts to providers, on the word of their TEE signers.
abstract contract Settlement is LedgerFace, Services {
    using AccountBook for AccountBook.Book;
    using Refunds for Account;

    uint256 private constant MAX_SETTLEMENTS = 50;

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant SETTLEMENT_TYPE =
        keccak256(
            "TEESettlement(bytes32 requestsHash,uint256 nonce,address provider,address user,uint256 totalFee)"
        );
    bytes32 private constant NAME_HASH = keccak256("0G Inference Serving");
    bytes32 private constant VERSION_HASH = keccak256("1");

    modifier settlementCount(uint256 count) {
        if (count == 0) revert NoSettlementsProvided();
        if (count > MAX_SETTLEMENTS) revert TooManySettlements(count, MAX_SETTLEMENTS);
        _;
    }

    /// @notice Settles fees of up to 50 users with the caller, who is the provider.
    /// @dev A bad item changes nothing and stops nobody else. All fees leave in one transfer.
    /// @return statuses a `SettlementStatus` per item
    function settleFeesWithTEE(
        TEESettlementData[] calldata settlements
    ) external nonReentrant settlementCount(settlements.length) returns (uint8[] memory statuses) {
        statuses = new uint8[](settlements.length);
        uint256 earned;
        for (uint256 i = 0; i < settlements.length; ++i) {
            TEESettlementData calldata item = settlements[i];
            (SettlementStatus status, uint256 unsettled) = _judge(item);
            if (_isPaid(status)) {
                uint256 fee = item.totalFee - unsettled;
                _charge(item, fee);
                earned += fee;
            }
            statuses[i] = uint8(status);
            emit TEESettlementResult(item.user, status, unsettled);
        }

        if (earned == 0) return statuses;
        (bool ok, ) = msg.sender.call{value: earned}("");
        if (!ok) revert TransferFailed();
    }

    /// @notice What `settleFeesWithTEE` would say, changing nothing.
    /// @dev Every item is judged by the state before the call: two items of one user mislead.
    /// @return failedUsers users whose item would not be paid
    /// @return failureReasons why not, in the same order
    /// @return partialUsers users whose item would be paid in part
    /// @return partialAmounts the part missing, in the same order
    function previewSettlementResults(
        TEESettlementData[] calldata settlements
    )
        external
        view
        settlementCount(settlements.length)
        returns (
            address[] memory failedUsers,
            SettlementStatus[] memory failureReasons,
            address[] memory partialUsers,
            uint256[] memory partialAmounts
        )
    {
        uint256 count = settlements.length;
        failedUsers = new address[](count);
        failureReasons = new SettlementStatus[](count);
        partialUsers = new address[](count);
        partialAmounts = new uint256[](count);

        uint256 failed;
        uint256 partly;
        for (uint256 i = 0; i < count; ++i) {
            (SettlementStatus status, uint256 unsettled) = _judge(settlements[i]);
            if (status == SettlementStatus.PARTIAL) {
                partialUsers[partly] = settlements[i].user;
                partialAmounts[partly++] = unsettled;
            } else if (status != SettlementStatus.SUCCESS) {
                failedUsers[failed] = settlements[i].user;
                failureReasons[failed++] = status;
            }
        }
        // Both pairs were made for the worst case: cut them to what was found.
        assembly ("memory-safe") {
            mstore(failedUsers, failed)
            mstore(failureReasons, failed)
            mstore(partialUsers, partly)
            mstore(partialAmounts, partly)
        }
    }

    /// @dev The first rule that is broken decides.
    /// @return status what becomes of the item
    /// @return unsettled the part of the fee that will not be paid
    function _judge(
        TEESettlementData calldata item
    ) private view returns (SettlementStatus status, uint256 unsettled) {
        unsettled = item.totalFee;
        if (item.provider != msg.sender) return (SettlementStatus.PROVIDER_MISMATCH, unsettled);
        if (!_book.exists(item.user, item.provider)) return (SettlementStatus.INVALID_SIGNATURE, unsettled);
        if (!serviceExists(item.provider)) return (SettlementStatus.PROVIDER_MISMATCH, unsettled);

        Account storage account = _book.get(item.user, item.provider);
        Service storage service = _serviceOf(item.provider);
        address signer = service.teeSignerAddress;
        if (!account.acknowledged || !service.teeSignerAcknowledged || signer == address(0)) {
            return (SettlementStatus.NO_TEE_SIGNER, unsettled);
        }
        if (account.nonce >= item.nonce) return (SettlementStatus.INVALID_NONCE, unsettled);
        if (!_isSignedBy(signer, item)) return (SettlementStatus.INVALID_SIGNATURE, unsettled);

        uint256 balance = account.balance;
        if (item.totalFee <= balance) return (SettlementStatus.SUCCESS, 0);
        return (SettlementStatus.PARTIAL, item.totalFee - balance);
    }

    /// @dev Free money pays first, then refunds under way, the newest first.
    function _charge(TEESettlementData calldata item, uint256 fee) private {
        Account storage account = _book.get(item.user, item.provider);
        account.nonce = item.nonce;
        uint256 free = account.balance - account.pendingRefund;
        if (fee > free) account.cancelNewestFirst(fee - free);
        account.balance -= fee;

        ILedger(ledgerAddress).spendFund(item.user, fee);
        emit BalanceUpdated(item.user, item.provider, account.balance, account.pendingRefund);
    }

    function _isSignedBy(address signer, TEESettlementData calldata item) private view returns (bool) {
        bytes32 content = keccak256(
            abi.encode(
                SETTLEMENT_TYPE,
                item.requestsHash,
                item.nonce,
                item.provider,
                item.user,
                item.totalFee
            )
        );
        bytes32 digest = ECDSA.toTypedDataHash(_domainSeparator(), content);
        (address recovered, ECDSA.RecoverError problem) = ECDSA.tryRecover(digest, item.signature);
        return problem == ECDSA.RecoverError.NoError && recovered == signer;
    }

    /// @dev At run time, because behind a proxy `address(this)` is the proxy.
    function _domainSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }

    function _isPaid(SettlementStatus status) private pure returns (bool) {
        return status == SettlementStatus.SUCCESS || status == SettlementStatus.PARTIAL;
    }
}
