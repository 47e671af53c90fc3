package import JSON
public import SwiftProtobuf

/// Mesos's own JSON for protobuf messages, which is not protobuf's: field names as in the .proto files, 64 bit integers as numbers,
/// unset fields with an explicit default written out. It goes between bytes and bytes, driven by descriptors, so that stored messages can
/// be shown without parsing them into structs.
public enum MesosJSON {
    /// Appends the JSON of a message given by its protobuf bytes.
    /// - Throws: `WireError` if the bytes are no message; the writer is as it was then.
    package static func encode(_ wire: UnsafeRawBufferPointer, as type: MessageType, into writer: inout JSONWriter) throws(WireError) {
        let mark = writer.mark
        var walk = WireToJSON(pool: type.pool)
        // The text moves into the walk and back, so that it is never copied.
        swap(&walk.writer, &writer)
        do throws(WireError) {
            try walk.message(wire, 0..<wire.count, type.index, depth: 1)
            swap(&walk.writer, &writer)
        } catch {
            swap(&walk.writer, &writer)
            writer.rewind(to: mark)
            throw error
        }
    }

    package static func encode(_ wire: [UInt8], as type: MessageType, into writer: inout JSONWriter) throws(WireError) {
        try wire.withUnsafeBufferPointer { (buffer) throws(WireError) in
            try encode(UnsafeRawBufferPointer(buffer), as: type, into: &writer)
        }
    }

    /// The JSON of a message given by its protobuf bytes.
    public static func encode(_ wire: [UInt8], as type: MessageType) throws(WireError) -> [UInt8] {
        var writer = JSONWriter()
        try encode(wire, as: type, into: &writer)
        return writer.bytes
    }

    /// The protobuf bytes of a message given as JSON, fields in the order of declaration, unknown members left out.
    /// - Throws: `MesosJSONError`, also if required fields are missing.
    public static func decode(_ json: UnsafeRawBufferPointer, as type: MessageType) throws(MesosJSONError) -> [UInt8] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: json)
        } catch {
            throw .syntax(offset: error.offset, reason: error.description)
        }
        return try decode(value, as: type)
    }

    public static func decode(_ json: [UInt8], as type: MessageType) throws(MesosJSONError) -> [UInt8] {
        try json.withUnsafeBufferPointer { (buffer) throws(MesosJSONError) in
            try decode(UnsafeRawBufferPointer(buffer), as: type)
        }
    }

    package static func decode(_ value: JSONValue, as type: MessageType) throws(MesosJSONError) -> [UInt8] {
        guard case .object(let object) = value else { throw .notAnObject }
        let bytes = try JSONToWire.bytes(of: object, as: type)
        guard let missing = try? missingRequired(bytes, as: type) else { preconditionFailure("what was just written can be read") }
        guard missing.isEmpty else { throw .missing(missing) }
        return bytes
    }

    /// The paths of required fields that the message lacks, such as `subscribe.framework_info.user`; empty if it is complete.
    ///
    /// Bytes that pass this can be written as JSON later: `encode` doesn't throw for them.
    /// - Throws: `WireError` if the bytes are no message.
    public static func missingRequired(_ wire: UnsafeRawBufferPointer, as type: MessageType) throws(WireError) -> [String] {
        try RequiredFields.missing(in: wire, as: type)
    }

    public static func missingRequired(_ wire: [UInt8], as type: MessageType) throws(WireError) -> [String] {
        try wire.withUnsafeBufferPointer { (buffer) throws(WireError) in
            try missingRequired(UnsafeRawBufferPointer(buffer), as: type)
        }
    }
}

extension Message {
    /// This message's JSON. Fields that are required and unset are left out. Extension fields and unknown ones too.
    public func mesosJSON(in pool: DescriptorPool = .mesos) -> [UInt8] {
        var writer = JSONWriter()
        writeMesosJSON(into: &writer, in: pool)
        return writer.bytes
    }

    package func writeMesosJSON(into writer: inout JSONWriter, in pool: DescriptorPool = .mesos) {
        guard let wire: [UInt8] = try? serializedBytes(partial: true),
            (try? MesosJSON.encode(wire, as: MessageType(Self.self, in: pool), into: &writer)) != nil
        else { preconditionFailure("a message of ours serializes, and what it serializes to can be read") }
    }

    /// - Throws: `MesosJSONError`, also if required fields are missing.
    public init(mesosJSON json: [UInt8], in pool: DescriptorPool = .mesos) throws(MesosJSONError) {
        let wire = try MesosJSON.decode(json, as: MessageType(Self.self, in: pool))
        guard let message = try? Self(serializedBytes: wire) else { preconditionFailure("what was just written can be read") }
        self = message
    }
}
