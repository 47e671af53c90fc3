import AgoraAPI
import NIOCore
import SwiftProtobuf

/// Cuts what the launcher sends into records: each one's length as a varint, then its bytes.
struct LauncherDecoder: ByteToMessageDecoder {
    typealias InboundOut = Agora_V1_LauncherRecord

    enum Failure: Error { case tooLong, unreadable }

    /// The longest record of the protocol, in bytes.
    static let limit: UInt64 = 16 << 20

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let (length, width) = try Self.length(buffer) else { return .needMoreData }
        guard buffer.readableBytes >= width + length else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: width)
        guard let bytes = buffer.readBytes(length: length) else { return .needMoreData }
        guard let record = try? Agora_V1_LauncherRecord(serializedBytes: bytes) else { throw Failure.unreadable }
        context.fireChannelRead(wrapInboundOut(record))
        return .continue
    }

    mutating func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws -> DecodingState {
        try decode(context: context, buffer: &buffer)
    }

    private static func length(_ buffer: ByteBuffer) throws -> (length: Int, width: Int)? {
        var value: UInt64 = 0
        for (index, byte) in buffer.readableBytesView.prefix(5).enumerated() {
            value |= UInt64(byte & 0x7f) << (7 * UInt64(index))
            guard byte & 0x80 == 0 else { continue }
            guard value <= limit else { throw Failure.tooLong }
            return (Int(value), index + 1)
        }
        if buffer.readableBytes >= 5 { throw Failure.tooLong }
        return nil
    }
}

extension Agora_V1_LauncherRequest {
    /// The request as it goes over the socket; nil if it is longer than the launcher takes.
    var frame: [UInt8]? {
        guard let bytes: [UInt8] = try? serializedBytes(), bytes.count <= 1 << 20 else { return nil }
        var frame: [UInt8] = []
        frame.reserveCapacity(bytes.count + 4)
        var rest = UInt(bytes.count)
        while rest >= 0x80 {
            frame.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        frame.append(UInt8(truncatingIfNeeded: rest))
        return frame + bytes
    }
}
