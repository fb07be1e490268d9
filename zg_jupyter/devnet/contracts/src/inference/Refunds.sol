// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {IInferenceSignals} from "./IInferenceSignals.sol";
import {Account, Refund} from "./InferenceTypes.sol";

/// @title The refunds of one sub-account, oldest first.
/// @notice Invariant: `pendingRefund` is the sum of the first `validRefundsLength` entries and
///         never more than `balance`. Used slots behind them are kept and written over later.
library Refunds {
    /// @notice Refunds that one sub-account can have under way.
    uint256 internal constant MAX_ACTIVE = 5;

    /// @notice Asks back everything that is free. Nothing free: nothing changes.
    function requestAll(Account storage account) internal {
        uint256 free = account.balance - account.pendingRefund;
        if (free == 0) return;

        uint256 index = account.validRefundsLength;
        if (index >= MAX_ACTIVE) {
            revert IInferenceSignals.TooManyRefunds(account.user, account.provider);
        }
        Refund memory refund = Refund({
            index: index,
            amount: free,
            createdAt: block.timestamp,
            processed: false
        });
        if (index < account.refunds.length) account.refunds[index] = refund;
        else account.refunds.push(refund);
        account.validRefundsLength = index + 1;
        account.pendingRefund += free;
    }

    /// @notice Stops up to `amount` of refunds, the newest first. The money stays in the balance.
    function cancelNewestFirst(Account storage account, uint256 amount) internal {
        uint256 left = amount;
        uint256 length = account.validRefundsLength;
        while (left > 0 && length > 0) {
            Refund storage newest = account.refunds[length - 1];
            uint256 part = newest.amount < left ? newest.amount : left;
            newest.amount -= part;
            left -= part;
            if (newest.amount == 0) --length;
        }
        account.validRefundsLength = length;
        account.pendingRefund -= amount - left;
    }

    /// @notice Takes out the refunds that are at least `lockTime` old and closes the gaps.
    /// @return ripe their sum, already taken from `balance` and `pendingRefund`
    function takeRipe(Account storage account, uint256 lockTime) internal returns (uint256 ripe) {
        uint256 length = account.validRefundsLength;
        uint256 kept;
        for (uint256 i = 0; i < length; ++i) {
            Refund memory refund = account.refunds[i];
            if (block.timestamp >= refund.createdAt + lockTime) {
                ripe += refund.amount;
                continue;
            }
            if (kept != i) {
                refund.index = kept;
                account.refunds[kept] = refund;
            }
            ++kept;
        }
        if (ripe == 0) return 0;
        account.validRefundsLength = kept;
        account.pendingRefund -= ripe;
        account.balance -= ripe;
    }
}
