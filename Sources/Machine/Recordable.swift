/// A value that a recording holds: written and read without Foundation, byte for byte the same on each machine.
package protocol Recordable {
    func record(into writer: inout RecordingWriter)
    init(from reader: inout RecordingReader) throws(RecordingError)
}

/// Why a recording can't be read.
package enum RecordingError: Error, Hashable, Sendable {
    case truncated
    /// A tag of an enum that this version doesn't know, or a value out of its range.
    case invalid(String)
}

/// Appends values: integers as LEB128 (signed ones zigzag), bytes and texts with their length.
package struct RecordingWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func put(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func put(_ value: Int64) { put(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }
    package mutating func put(_ value: Int) { put(Int64(value)) }
    package mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    package mutating func put(_ value: [UInt8]) {
        put(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func put(_ value: String) {
        put(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    package mutating func put(_ value: some Recordable) { value.record(into: &self) }

    package mutating func put<Value>(_ value: Value?, _ body: (inout RecordingWriter, Value) -> Void) {
        put(value != nil)
        if let value { body(&self, value) }
    }

    package mutating func put<Value>(_ values: [Value], _ body: (inout RecordingWriter, Value) -> Void) {
        put(UInt64(values.count))
        for value in values { body(&self, value) }
    }

    package mutating func put(_ value: String?) { put(value) { $0.put($1) } }
    package mutating func put(_ value: Int64?) { put(value) { $0.put($1) } }
    package mutating func put(_ value: Moment) {
        put(value.monotonic)
        put(value.wall)
    }
    package mutating func put(_ value: Origin) {
        put(value.principal)
        put(value.peer)
    }
}

/// Reads what a `RecordingWriter` wrote; any bytes at all may be given, none trap.
package struct RecordingReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package var isAtEnd: Bool { position == bytes.endIndex }

    package mutating func byte() throws(RecordingError) -> UInt8 {
        guard position < bytes.endIndex else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func uint64() throws(RecordingError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw .invalid("integer of more than 64 bits") }
            value |= UInt64(next & 0x7f) << shift
            if next & 0x80 == 0 { return value }
        }
        throw .invalid("integer of more than 64 bits")
    }

    package mutating func int64() throws(RecordingError) -> Int64 {
        let value = try uint64()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    package mutating func int() throws(RecordingError) -> Int { Int(try int64()) }

    package mutating func bool() throws(RecordingError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .invalid("neither true nor false")
        }
    }

    package mutating func data() throws(RecordingError) -> [UInt8] {
        let count = try uint64()
        guard count <= UInt64(bytes.endIndex - position) else { throw .truncated }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    package mutating func string() throws(RecordingError) -> String {
        guard let text = String(validating: try data(), as: UTF8.self) else { throw .invalid("text that is not UTF-8") }
        return text
    }

    package mutating func optional<Value>(
        _ body: (inout RecordingReader) throws(RecordingError) -> Value
    ) throws(RecordingError) -> Value? {
        try bool() ? try body(&self) : nil
    }

    package mutating func array<Value>(
        _ body: (inout RecordingReader) throws(RecordingError) -> Value
    ) throws(RecordingError) -> [Value] {
        let count = try uint64()
        // Each element takes a byte at least, so a made-up count can't make us reserve more than there is.
        guard count <= UInt64(bytes.endIndex - position) else { throw .truncated }
        var values: [Value] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count { values.append(try body(&self)) }
        return values
    }

    package mutating func optionalString() throws(RecordingError) -> String? {
        try optional { reader throws(RecordingError) in try reader.string() }
    }
    package mutating func moment() throws(RecordingError) -> Moment { Moment(monotonic: try int64(), wall: try int64()) }
    package mutating func origin() throws(RecordingError) -> Origin {
        Origin(principal: try optionalString(), peer: try string())
    }
}
