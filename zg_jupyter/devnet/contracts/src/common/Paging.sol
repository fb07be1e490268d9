// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// @title Windows over long lists.
library Paging {
    /// @notice Page size that a limit of 0 stands for.
    uint256 internal constant DEFAULT_LIMIT = 50;

    /// @notice Number of entries from `offset` on, never past the end and never overflowing.
    /// @param total length of the list
    /// @param offset first entry wanted
    /// @param limit most entries wanted; 0 means `DEFAULT_LIMIT`
    function count(uint256 total, uint256 offset, uint256 limit) internal pure returns (uint256) {
        if (offset >= total) return 0;
        uint256 left = total - offset;
        uint256 wanted = limit == 0 ? DEFAULT_LIMIT : limit;
        return wanted < left ? wanted : left;
    }
}
