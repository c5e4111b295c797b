// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface IUsdc {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function permit(
        address owner, address spender, uint256 value, uint256 deadline,
        uint8 v, bytes32 r, bytes32 s
    ) external;
}

/// The Arbitrum side of the venue's bridge, with the calls and events a client can see: deposits
/// by plain transfer or batched permit, payouts announced by RequestedWithdrawal and
/// FinalizedWithdrawal. Validator signatures are not imitated: the validators are one address
/// that only the paper chain can speak for.
contract PaperBridge {
    struct Signature { uint256 r; uint256 s; uint8 v; }
    struct DepositWithPermit { address user; uint64 usd; uint64 deadline; Signature signature; }

    event RequestedWithdrawal(
        address indexed user, address destination, uint64 usd, uint64 nonce, bytes32 message,
        uint64 requestedTime
    );
    event FinalizedWithdrawal(
        address indexed user, address destination, uint64 usd, uint64 nonce, bytes32 message
    );
    event FailedPermitDeposit(address user, uint64 usd, uint32 errorCode);
    event FailedWithdrawal(bytes32 message, uint32 errorCode);
    event Paused(address account);
    event Unpaused(address account);

    IUsdc public constant usdcToken = IUsdc(0xaf88d065e77c8cC2239327C5EDb3A432268e5831);
    address public constant VALIDATORS =
        address(uint160(uint256(keccak256("asgard-paper validators"))));

    bool public paused;
    mapping(bytes32 => bool) public finalizedWithdrawals;

    modifier byValidators() {
        require(msg.sender == VALIDATORS, "Caller is not a validator");
        _;
    }

    modifier whenNotPaused() {
        require(!paused, "Pausable: paused");
        _;
    }

    function batchedDepositWithPermit(DepositWithPermit[] calldata deposits)
        external
        whenNotPaused
    {
        for (uint256 index = 0; index < deposits.length; index++) {
            depositWithPermit(deposits[index]);
        }
    }

    function payOut(address user, address destination, uint64 usd, uint64 nonce)
        external
        byValidators
        whenNotPaused
    {
        bytes32 message = keccak256(abi.encode("requestWithdrawal", user, destination, usd, nonce));
        if (finalizedWithdrawals[message]) {
            emit FailedWithdrawal(message, 1);
            return;
        }
        finalizedWithdrawals[message] = true;
        emit RequestedWithdrawal(
            user, destination, usd, nonce, message, uint64(block.timestamp)
        );
        usdcToken.transfer(destination, usd);
        emit FinalizedWithdrawal(user, destination, usd, nonce, message);
    }

    function setPaused(bool stop) external byValidators {
        paused = stop;
        if (stop) emit Paused(msg.sender);
        else emit Unpaused(msg.sender);
    }

    function depositWithPermit(DepositWithPermit calldata deposit) private {
        try usdcToken.permit(
            deposit.user,
            address(this),
            deposit.usd,
            deposit.deadline,
            deposit.signature.v,
            bytes32(deposit.signature.r),
            bytes32(deposit.signature.s)
        ) {} catch {
            emit FailedPermitDeposit(deposit.user, deposit.usd, 0);
            return;
        }
        try usdcToken.transferFrom(deposit.user, address(this), deposit.usd) returns (bool moved) {
            if (!moved) emit FailedPermitDeposit(deposit.user, deposit.usd, 1);
        } catch {
            emit FailedPermitDeposit(deposit.user, deposit.usd, 1);
        }
    }
}
