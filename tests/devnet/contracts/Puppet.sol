// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title A contract that does what a test says: a user, a provider, a service or an attacker.
contract Puppet {
    enum Answer {
        NO,
        SERVICE,
        YES_TO_ALL
    }

    // What it does when coins arrive
    bool public refuses;
    address public target;
    bytes public data;

    // What came of it
    uint256 public reactions;
    bool public lastOk;
    bytes public lastAnswer;

    Answer public answer;

    receive() external payable {
        require(!refuses, "no coins, please");
        _react();
    }

    /// Calls `to` as itself; a refusal is passed on unchanged.
    function act(address to, uint256 value, bytes calldata input) external payable {
        _act(to, value, input);
    }

    /// Calls `to` several times as itself.
    function actMany(address to, bytes[] calldata inputs) external payable {
        for (uint256 i = 0; i < inputs.length; ++i) {
            _act(to, 0, inputs[i]);
        }
    }

    function refuseCoins(bool yes) external {
        refuses = yes;
    }

    /// From now on, calls `to` whenever coins arrive.
    function reactWith(address to, bytes calldata input) external {
        target = to;
        data = input;
    }

    function answerInterfaces(Answer value) external {
        answer = value;
    }

    // ---- as a service ------------------------------------------------------------------------

    function supportsInterface(bytes4 id) external view returns (bool) {
        if (answer == Answer.YES_TO_ALL) return true;
        return answer == Answer.SERVICE && (id == 0x01ffc9a7 || id == 0x160841b1);
    }

    function accountExists(address, address) external pure returns (bool) {
        return false;
    }

    function addAccount(address, address, string calldata) external payable {
        _react();
    }

    function deleteAccount(address, address) external {}

    function _act(address to, uint256 value, bytes calldata input) private {
        (bool ok, bytes memory result) = to.call{value: value}(input);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
    }

    function _react() private {
        if (target == address(0)) return;
        ++reactions;
        (lastOk, lastAnswer) = target.call(data);
    }
}

/// @title The smallest thing that passes for a service.
contract Responder {
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x160841b1;
    }
}

interface IRegistry {
    function registerService(
        string calldata serviceType,
        string calldata version,
        address serviceAddress,
        string calldata description
    ) external;
}

/// @title Registers many services, as the owner of a ledger.
contract Registrar {
    function fill(IRegistry registry, uint256 from, uint256 count) external {
        for (uint256 i = from; i < from + count; ++i) {
            registry.registerService("many", Strings.toString(i), address(new Responder()), "");
        }
    }
}
