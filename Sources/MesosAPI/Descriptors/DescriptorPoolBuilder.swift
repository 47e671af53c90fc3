import JSON
import SwiftProtobuf

/// Lays the descriptors of a FileDescriptorSet out flat. Two passes: first all types get their index, then fields can name them.
struct DescriptorPoolBuilder {
    private(set) var messages: [DescriptorPool.Message] = []
    private(set) var fields: [DescriptorPool.Field] = []
    private(set) var slots: [UInt8] = []
    private(set) var defaultSlots: [UInt8] = []
    private(set) var enums: [Range<Int>] = []
    private(set) var enumValues: [DescriptorPool.EnumValue] = []
    private(set) var text: [UInt8] = []
    private(set) var messageNames: [String] = []
    private(set) var messageIndex: [String: Int] = [:]
    private(set) var fieldPlaces: [[String: Int]] = []
    private(set) var enumNumbers: [[String: Int32]] = []
    private(set) var enumNames: [String] = []
    private(set) var defaultTexts: [String?] = []
    private(set) var oneofNames: [[String]] = []

    private var enumIndex: [String: Int] = [:]
    private var mapEntries: Set<String> = []

    init(base64: StaticString) {
        let encoded = UnsafeBufferPointer(start: base64.utf8Start, count: base64.utf8CodeUnitCount)
        guard let bytes = Base64.decode(encoded), let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: bytes) else {
            preconditionFailure("the built-in descriptors don't parse")
        }
        var descriptors: [Google_Protobuf_DescriptorProto] = []
        for file in set.file {
            for descriptor in file.enumType { register(descriptor, in: file.package) }
            for descriptor in file.messageType { register(descriptor, in: file.package, &descriptors) }
        }
        for descriptor in descriptors { lay(descriptor) }
        findMessagesToCheck()
    }

    private mutating func register(_ descriptor: Google_Protobuf_DescriptorProto, in scope: String, _ all: inout [Google_Protobuf_DescriptorProto]) {
        let name = "\(scope).\(descriptor.name)"
        messageIndex[name] = messageNames.count
        messageNames.append(name)
        all.append(descriptor)
        if descriptor.options.mapEntry { mapEntries.insert(name) }
        for nested in descriptor.enumType { register(nested, in: name) }
        for nested in descriptor.nestedType { register(nested, in: name, &all) }
    }

    private mutating func register(_ descriptor: Google_Protobuf_EnumDescriptorProto, in scope: String) {
        let name = "\(scope).\(descriptor.name)"
        enumIndex[name] = enums.count
        enumNames.append(name)
        let start = enumValues.count
        for value in descriptor.value.sorted(by: { $0.number < $1.number }) {
            enumValues.append(DescriptorPool.EnumValue(number: value.number, name: add("\"\(value.name)\"")))
        }
        enums.append(start..<enumValues.count)
        enumNumbers.append(Dictionary(uniqueKeysWithValues: descriptor.value.map { ($0.name, $0.number) }))
    }

    private mutating func lay(_ descriptor: Google_Protobuf_DescriptorProto) {
        precondition(descriptor.field.count <= 64, "the bit set of required fields has 64 places")
        let firstField = fields.count
        let firstSlot = slots.count
        let firstDefault = defaultSlots.count
        let highest = descriptor.field.map(\.number).max() ?? 0
        slots.append(contentsOf: repeatElement(0, count: Int(highest) + 1))
        var required: UInt64 = 0
        for (place, field) in descriptor.field.enumerated() {
            let laid = laidOut(field)
            fields.append(laid)
            slots[firstSlot + Int(field.number)] = UInt8(place + 1)
            if laid.label == .required { required |= 1 << UInt64(place) }
            if laid.writtenDefault.count > 0 { defaultSlots.append(UInt8(place)) }
            defaultTexts.append(field.hasDefaultValue ? field.defaultValue : nil)
        }
        fieldPlaces.append(Dictionary(uniqueKeysWithValues: descriptor.field.enumerated().map { ($1.name, $0) }))
        oneofNames.append(descriptor.oneofDecl.map(\.name))
        messages.append(
            DescriptorPool.Message(
                fields: firstField..<fields.count, slots: firstSlot..<slots.count, defaults: firstDefault..<defaultSlots.count,
                required: required, needsCheck: required != 0, isMapEntry: descriptor.options.mapEntry))
    }

    private mutating func laidOut(_ field: Google_Protobuf_FieldDescriptorProto) -> DescriptorPool.Field {
        let typeName = String(field.typeName.dropFirst())
        let (kind, type): (DescriptorPool.Kind, Int?) =
            switch field.type {
            case .double: (.double, -1)
            case .int32: (.int32, -1)
            case .int64: (.int64, -1)
            case .uint32: (.uint32, -1)
            case .uint64: (.uint64, -1)
            case .bool: (.bool, -1)
            case .string: (.string, -1)
            case .bytes: (.bytes, -1)
            case .enum: (.enumeration, enumIndex[typeName])
            case .message: (.message, messageIndex[typeName])
            default: preconditionFailure("field \(field.name) is of a type that none of our messages uses")
            }
        guard let type else { preconditionFailure("unknown type \(typeName)") }
        let label: DescriptorPool.Label =
            switch field.label {
            case .required: .required
            case .repeated: mapEntries.contains(typeName) ? .map : .repeated
            case .optional: .optional
            }
        let key = add("\"\(field.name)\":")
        let hasWrittenDefault = label == .optional && field.hasDefaultValue && !field.options.deprecated
        return DescriptorPool.Field(
            number: UInt32(field.number), kind: kind, label: label, isDeprecated: field.options.deprecated,
            oneof: field.hasOneofIndex ? Int8(field.oneofIndex) : -1, type: Int32(type), key: key,
            writtenDefault: add(hasWrittenDefault ? Self.json(ofDefault: field.defaultValue, kind: kind) : []))
    }

    /// The JSON of a default that the descriptor gives as text.
    private static func json(ofDefault text: String, kind: DescriptorPool.Kind) -> [UInt8] {
        var writer = JSONWriter()
        switch kind {
        case .double: writer.double(Double(text) ?? 0)
        case .string, .enumeration: writer.string(text)
        default: writer.raw(Array(text.utf8))
        }
        return writer.bytes
    }

    private mutating func add(_ string: String) -> DescriptorPool.Text { add(Array(string.utf8)) }

    private mutating func add(_ bytes: [UInt8]) -> DescriptorPool.Text {
        let start = text.count
        text.append(contentsOf: bytes)
        return DescriptorPool.Text(start: Int32(start), count: Int32(bytes.count))
    }

    /// A message needs a check if one that it can hold does; messages can hold themselves, so this goes round until nothing changes.
    private mutating func findMessagesToCheck() {
        var changed = true
        while changed {
            changed = false
            for index in messages.indices where !messages[index].needsCheck {
                messages[index].needsCheck = fields[messages[index].fields].contains { $0.kind == .message && messages[Int($0.type)].needsCheck }
                changed = changed || messages[index].needsCheck
            }
        }
    }
}
