// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface IMintable {
    function mint(address to, uint256 amount) external returns (bool);
    function burn(uint256 amount) external;
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// Circle's TokenMessengerV2 on Arbitrum, with the calls and events a client of one token and one
/// other chain can see. Owners, fees of the contract, denylists and hooks are not imitated.
contract PaperTokenMessenger {
    event DepositForBurn(
        address indexed burnToken, uint256 amount, address indexed depositor,
        bytes32 mintRecipient, uint32 destinationDomain, bytes32 destinationTokenMessenger,
        bytes32 destinationCaller, uint256 maxFee, uint32 indexed minFinalityThreshold,
        bytes hookData
    );
    event MintAndWithdraw(
        address indexed mintRecipient, uint256 amount, address indexed mintToken,
        uint256 feeCollected
    );

    IMintable public constant usdc = IMintable(0xaf88d065e77c8cC2239327C5EDb3A432268e5831);
    PaperMessageTransmitter public constant localMessageTransmitter =
        PaperMessageTransmitter(0x81D40F21F12A8F0E3252Bccb954D722d4c464B64);
    uint32 public constant messageBodyVersion = 1;
    uint32 constant SOLANA = 5;
    /// TokenMessengerMinterV2 on Solana.
    bytes32 constant SOLANA_MESSENGER =
        0xa65fc81d0fefa8860cb3b83f089b0224be8a6687b7ae49f594c0b9b4d7e93893;
    bytes32 constant SOLANA_USDC =
        0xc6fa7af3bedbad3a3d65f36aabc97431b1bbe4c2d2f6e0e47ca60203452f5d61;
    address constant FEES = address(uint160(uint256(keccak256("asgard-paper circle fees"))));

    function remoteTokenMessengers(uint32 domain) public pure returns (bytes32) {
        return domain == SOLANA ? SOLANA_MESSENGER : bytes32(0);
    }

    function depositForBurn(
        uint256 amount,
        uint32 destinationDomain,
        bytes32 mintRecipient,
        address burnToken,
        bytes32 destinationCaller,
        uint256 maxFee,
        uint32 minFinalityThreshold
    ) external {
        require(amount > 0, "Amount must be nonzero");
        require(mintRecipient != bytes32(0), "Mint recipient must be nonzero");
        require(maxFee < amount, "Max fee must be less than amount");
        require(
            remoteTokenMessengers(destinationDomain) != bytes32(0), "No TokenMessenger for domain"
        );
        require(burnToken == address(usdc), "Burn token not supported");
        usdc.transferFrom(msg.sender, address(this), amount);
        usdc.burn(amount);
        localMessageTransmitter.sendMessage(
            destinationDomain,
            SOLANA_MESSENGER,
            destinationCaller,
            minFinalityThreshold,
            body(mintRecipient, amount, maxFee)
        );
        emit DepositForBurn(
            burnToken, amount, msg.sender, mintRecipient, destinationDomain, SOLANA_MESSENGER,
            destinationCaller, maxFee, minFinalityThreshold, ""
        );
    }

    function body(bytes32 mintRecipient, uint256 amount, uint256 maxFee)
        private
        view
        returns (bytes memory)
    {
        return abi.encodePacked(
            messageBodyVersion,
            bytes32(uint256(uint160(address(usdc)))),
            mintRecipient,
            amount,
            bytes32(uint256(uint160(msg.sender))),
            maxFee,
            uint256(0),
            uint256(0)
        );
    }

    function handle(uint32 remoteDomain, bytes32 sender, bytes calldata sent) external {
        require(msg.sender == address(localMessageTransmitter), "Invalid message transmitter");
        require(
            remoteDomain == SOLANA && sender == SOLANA_MESSENGER, "Remote TokenMessenger unsupported"
        );
        require(uint32(bytes4(sent[0:4])) == messageBodyVersion, "Invalid message body version");
        require(bytes32(sent[4:36]) == SOLANA_USDC, "Mint token not supported");
        address recipient = address(uint160(uint256(bytes32(sent[36:68]))));
        uint256 amount = uint256(bytes32(sent[68:100]));
        uint256 fee = uint256(bytes32(sent[164:196]));
        uint256 expires = uint256(bytes32(sent[196:228]));
        require(expires == 0 || expires > block.number, "Message expired and must be re-signed");
        require(fee == 0 || fee < amount, "Fee equals or exceeds amount");
        require(fee <= uint256(bytes32(sent[132:164])), "Fee exceeds max fee");
        usdc.mint(recipient, amount - fee);
        if (fee > 0) usdc.mint(FEES, fee);
        emit MintAndWithdraw(recipient, amount - fee, address(usdc), fee);
    }
}

/// Circle's MessageTransmitterV2 on Arbitrum: what was attested is received once.
contract PaperMessageTransmitter {
    event MessageSent(bytes message);
    event MessageReceived(
        address indexed caller, uint32 sourceDomain, bytes32 indexed nonce, bytes32 sender,
        uint32 indexed finalityThresholdExecuted, bytes messageBody
    );

    uint32 public constant localDomain = 3;
    uint32 public constant version = 1;
    uint256 public constant signatureThreshold = 2;
    /// The paper world's attesters, in the order signatures have to be in.
    address constant FIRST = 0x07AA8C1154ff1FC296cF2855f43DaDeC10563eee;
    address constant SECOND = 0x6944b5b49Bd6B8215A77a5Aa6B1231C3D1B2BbdB;
    PaperTokenMessenger constant MESSENGER =
        PaperTokenMessenger(0x28b5a0e9C621a5BadaA536219b3a228C8168cf5d);

    mapping(bytes32 => uint256) public usedNonces;

    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes32 destinationCaller,
        uint32 minFinalityThreshold,
        bytes calldata body
    ) external {
        require(destinationDomain != localDomain, "Domain is local domain");
        emit MessageSent(
            abi.encodePacked(
                version, localDomain, destinationDomain, bytes32(0),
                bytes32(uint256(uint160(msg.sender))), recipient, destinationCaller,
                minFinalityThreshold, uint32(0), body
            )
        );
    }

    function receiveMessage(bytes calldata message, bytes calldata attestation)
        external
        returns (bool)
    {
        verify(keccak256(message), attestation);
        require(message.length >= 148, "Invalid message: too short");
        require(uint32(bytes4(message[8:12])) == localDomain, "Invalid destination domain");
        bytes32 caller = bytes32(message[108:140]);
        require(
            caller == bytes32(0) || caller == bytes32(uint256(uint160(msg.sender))),
            "Invalid caller for message"
        );
        require(uint32(bytes4(message[0:4])) == version, "Invalid message version");
        bytes32 nonce = bytes32(message[12:44]);
        require(usedNonces[nonce] == 0, "Nonce already used");
        usedNonces[nonce] = 1;
        require(
            address(uint160(uint256(bytes32(message[76:108])))) == address(MESSENGER),
            "Recipient is not a message handler"
        );
        uint32 source = uint32(bytes4(message[4:8]));
        bytes32 sender = bytes32(message[44:76]);
        MESSENGER.handle(source, sender, message[148:]);
        emit MessageReceived(
            msg.sender, source, nonce, sender, uint32(bytes4(message[144:148])), message[148:]
        );
        return true;
    }

    function verify(bytes32 digest, bytes calldata attestation) private pure {
        require(attestation.length == 65 * signatureThreshold, "Invalid attestation length");
        require(
            signer(digest, attestation[0:65]) == FIRST
                && signer(digest, attestation[65:130]) == SECOND,
            "Invalid signature: not attester"
        );
    }

    function signer(bytes32 digest, bytes calldata signature) private pure returns (address) {
        return ecrecover(
            digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
    }
}
