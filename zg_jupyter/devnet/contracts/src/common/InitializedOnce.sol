// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// @title A contract behind a proxy that is set up exactly once.
/// @notice The proxy is set up by `initialize`; the implementation itself is locked when it is
///         created, so nobody can become the owner of the bare code.
abstract contract InitializedOnce is Initializable {
    /// @notice `initialize` was called before, or this is the bare implementation.
    error AlreadyInitialized();

    /// @dev Put before OpenZeppelin's `initializer`, so that the error is ours and not a string.
    modifier onlyFirstTime() {
        if (initialized()) revert AlreadyInitialized();
        _;
    }

    constructor() {
        _disableInitializers();
    }

    /// @notice Whether `initialize` has run (always true on the bare implementation).
    function initialized() public view returns (bool) {
        return _getInitializedVersion() != 0;
    }
}
