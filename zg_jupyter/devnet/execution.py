"""Executing without a transaction (``eth_call``, ``eth_estimateGas``), and checks before mining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zg_jupyter.devnet.rpc_format import RpcError, execution_error

#: Estimates may be this much above the exact need (geth allows the same 1.5 %).
_TOLERANCE_PER_MILLE = 15


@dataclass(frozen=True)
class Message:
    """What is executed. ``to`` is empty to create a contract; ``value`` is neuron.

    ``access_list`` (EIP-2930) pairs addresses with storage slots; naming them costs gas too.
    """

    sender: bytes
    to: bytes = b""
    value: int = 0
    data: bytes = b""
    gas: int | None = None
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...] = ()


def unsigned_transaction(
    builder: Any, message: Message, *, chain_id: int, nonce: int, gas: int, max_fee: int, tip: int
) -> Any:
    """An EIP-1559 transaction of py-evm that says what ``message`` says.

    Parameters
    ----------
    builder:
        Transaction builder of the chain's VM.
    max_fee, tip:
        Most to pay and tip to the miner, both in neuron per gas.
    """
    return builder.new_unsigned_dynamic_fee_transaction(
        chain_id=chain_id,
        nonce=nonce,
        max_priority_fee_per_gas=tip,
        max_fee_per_gas=max_fee,
        gas=gas,
        to=message.to,
        value=message.value,
        data=message.data,
        access_list=message.access_list,
    )


def simulate(state: Any, builder: Any, message: Message, gas: int, chain_id: int) -> Any:
    """Execute ``message`` on a state without base fee, free of charge, and undo it.

    Returns
    -------
    Any
        py-evm's computation: output, error, gas left.

    Raises
    ------
    RpcError
        When it cannot even start.
    """
    from eth.vm.spoof import SpoofTransaction
    from eth_utils import ValidationError

    nonce = state.get_nonce(message.sender)
    unsigned = unsigned_transaction(
        builder, message, chain_id=chain_id, nonce=nonce, gas=gas, max_fee=0, tip=0
    )
    if gas < unsigned.intrinsic_gas:
        raise RpcError(f"intrinsic gas too low: have {gas}, want {unsigned.intrinsic_gas}")
    balance = state.get_balance(message.sender)
    if balance < message.value:
        raise RpcError(
            f"insufficient funds for gas * price + value: have {balance} want {message.value}"
        )
    snapshot = state.snapshot()
    try:
        return state.apply_transaction(SpoofTransaction(unsigned, from_=message.sender))
    except ValidationError as error:
        raise RpcError(f"the call cannot be executed: {error}") from error
    finally:
        state.revert(snapshot)


def call(state: Any, builder: Any, message: Message, chain_id: int) -> bytes:
    """Return data of ``message``.

    Raises
    ------
    RpcError
        Code 3 with the revert data when the contract reverts, -32000 for other failures.
    """
    gas = min(message.gas or state.gas_limit, state.gas_limit)
    computation = simulate(state, builder, message, gas, chain_id)
    if computation.is_error:
        raise execution_error(computation.error)
    return bytes(computation.output)


def estimate(state: Any, builder: Any, message: Message, chain_id: int) -> int:
    """The gas limit that ``message`` needs as a transaction.

    Raises
    ------
    RpcError
        As :func:`call`, when it fails whatever the gas.
    """

    def fails(gas: int) -> bool:
        return bool(simulate(state, builder, message, gas, chain_id).is_error)

    high = int(min(message.gas or state.gas_limit, state.gas_limit))
    computation = simulate(state, builder, message, high, chain_id)
    if computation.is_error:
        raise execution_error(computation.error)
    # Refunds come back only at the end, so the peak is what the limit must cover.
    peak = high - int(computation.get_gas_remaining())
    low = peak - 1
    # The peak is enough unless inner calls must hold gas back (EIP-150 keeps one part in 64).
    for guess in (peak, (peak + 2_300) * 64 // 63):
        if guess >= high:
            break
        if not fails(guess):
            high = guess
            break
        low = guess
    while (high - low - 1) * 1_000 > high * _TOLERANCE_PER_MILLE:
        middle = (low + high) // 2
        if fails(middle):
            low = middle
        else:
            high = middle
    return high


def check_gas(tx: Any) -> None:
    """Refuse a transaction of py-evm that cannot pay for its own bytes.

    Raises
    ------
    RpcError
        With both numbers.
    """
    if tx.gas < tx.intrinsic_gas:
        raise RpcError(f"intrinsic gas too low: have {tx.gas}, want {tx.intrinsic_gas}")


def check_transaction(
    tx: Any, *, chain_id: int, nonce: int, balance: int, base_fee: int, gas_limit: int
) -> None:
    """Refuse what cannot be mined, in geth's words, which wallets and libraries recognise.

    Parameters
    ----------
    tx:
        Signed transaction of py-evm.
    nonce, balance:
        What the chain has for the sender; neuron.
    base_fee, gas_limit:
        Of the next block; neuron per gas, and gas.

    Raises
    ------
    RpcError
        With the reason.
    """
    if tx.chain_id not in (None, chain_id):
        raise RpcError(f"invalid chain id: have {tx.chain_id}, want {chain_id}")
    if tx.nonce != nonce:
        side = "low" if tx.nonce < nonce else "high"
        raise RpcError(f"nonce too {side}: next nonce {nonce}, tx nonce {tx.nonce}")
    # Typed transactions have their own fields; older ones a price that is both.
    max_fee = tx.max_fee_per_gas
    if max_fee < base_fee:
        raise RpcError(
            f"max fee per gas less than block base fee: maxFeePerGas {max_fee}, baseFee {base_fee}"
        )
    if tx.gas > gas_limit:
        raise RpcError(f"exceeds block gas limit of {gas_limit}")
    check_gas(tx)
    want = tx.value + tx.gas * max_fee
    if balance < want:
        raise RpcError(f"insufficient funds for gas * price + value: have {balance} want {want}")
