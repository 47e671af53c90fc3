/// Appends protobuf fields to a byte array.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func tag(_ number: UInt32, _ type: WireField.WireType) {
        varint(UInt64(number) << 3 | UInt64(type.rawValue))
    }

    mutating func fixed64(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func field(_ number: UInt32, _ payload: [UInt8]) {
        tag(number, .lengthDelimited)
        varint(UInt64(payload.count))
        bytes.append(contentsOf: payload)
    }

    /// A string, without an array in between.
    mutating func field(_ number: UInt32, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            tag(number, .lengthDelimited)
            varint(UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// Copies what is encoded already.
    mutating func append(_ encoded: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: encoded)
    }

    /// Begins a nested message whose length is not known yet; one byte is kept for it.
    mutating func beginMessage(_ number: UInt32) -> Int {
        tag(number, .lengthDelimited)
        bytes.append(0)
        return bytes.count
    }

    /// Ends the nested message that began at `start`; what doesn't fit the byte kept for its length moves the message.
    mutating func endMessage(from start: Int) {
        let length = bytes.count - start
        guard length >= 0x80 else {
            bytes[start - 1] = UInt8(length)
            return
        }
        var encoded = WireWriter()
        encoded.varint(UInt64(length))
        bytes.replaceSubrange((start - 1)..<start, with: encoded.bytes)
    }
}
