/// The message types of one set of .proto files, laid out for walking over wire bytes: flat arrays of plain values, addressed by index.
///
/// Built once from a FileDescriptorSet and never changed.
public final class DescriptorPool: Sendable {
    enum Kind: UInt8 {
        case double, int32, int64, uint32, uint64, bool, string, bytes, enumeration, message
    }

    enum Label: UInt8 {
        case optional, required, repeated, map
    }

    /// A piece of `text`.
    struct Text {
        let start: Int32
        let count: Int32
    }

    struct Field {
        let number: UInt32
        let kind: Kind
        let label: Label
        let isDeprecated: Bool
        /// The place of its oneof in the message, or -1.
        let oneof: Int8
        /// In `messages` or `enums`; for a map the entry message.
        let type: Int32
        /// `"name":`
        let key: Text
        /// What is written when the field is unset: its explicit default as JSON. Empty if there is none or the field is deprecated.
        let writtenDefault: Text
    }

    struct Message {
        let fields: Range<Int>
        /// In `slots`, by field number: the place of the field in this message plus one, or 0.
        let slots: Range<Int>
        /// In `defaultSlots`: the fields with a written default, in order.
        let defaults: Range<Int>
        /// A bit for each required field, by place.
        let required: UInt64
        /// Whether this message or one below it has required fields.
        var needsCheck: Bool
        let isMapEntry: Bool
    }

    struct EnumValue {
        let number: Int32
        /// `"NAME"`
        let name: Text
    }

    let messages: [Message]
    let fields: [Field]
    let slots: [UInt8]
    let defaultSlots: [UInt8]
    /// The values of each enum, sorted by number.
    let enums: [Range<Int>]
    let enumValues: [EnumValue]
    let text: [UInt8]

    let messageNames: [String]
    let messageIndex: [String: Int]
    /// By message: places of fields by name.
    let fieldPlaces: [[String: Int]]
    /// By enum: numbers by name.
    let enumNumbers: [[String: Int32]]
    let enumNames: [String]
    let defaultTexts: [String?]
    let oneofNames: [[String]]

    /// mesos.v1 and all its packages.
    public static let mesos = DescriptorPool(base64: mesosDescriptorSet)

    /// - Parameter base64: a FileDescriptorSet as protoc writes it, with all that it imports. It is part of the program, so a fault in it is
    ///   our own.
    package convenience init(base64: StaticString) {
        self.init(DescriptorPoolBuilder(base64: base64))
    }

    init(_ builder: DescriptorPoolBuilder) {
        messages = builder.messages
        fields = builder.fields
        slots = builder.slots
        defaultSlots = builder.defaultSlots
        enums = builder.enums
        enumValues = builder.enumValues
        text = builder.text
        messageNames = builder.messageNames
        messageIndex = builder.messageIndex
        fieldPlaces = builder.fieldPlaces
        enumNumbers = builder.enumNumbers
        enumNames = builder.enumNames
        defaultTexts = builder.defaultTexts
        oneofNames = builder.oneofNames
    }

    /// The place of the field with this number, if the message knows it.
    @inline(__always)
    func place(of number: UInt32, in message: Message) -> Int? {
        guard number < UInt32(message.slots.count) else { return nil }
        let slot = slots[message.slots.lowerBound + Int(number)]
        return slot == 0 ? nil : Int(slot) - 1
    }

    /// The quoted name of an enum's value, or nil if the enum has no such value.
    func enumValueName(_ number: Int32, of index: Int32) -> Text? {
        var range = enums[Int(index)]
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let value = enumValues[middle]
            if value.number == number { return value.name }
            range = value.number < number ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    func name(of field: Field) -> String {
        let start = Int(field.key.start) + 1
        return String(decoding: text[start..<(start + Int(field.key.count) - 3)], as: UTF8.self)
    }
}
