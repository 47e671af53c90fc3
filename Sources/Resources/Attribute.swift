/// What an agent says of itself, for frameworks to place by: "rack:abc".
/// Specified by Mesos 1.11 docs/attributes-resources.md.
package struct Attribute: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case scalar(Scalar)
        case ranges(Ranges)
        case text(String)
    }

    package var name: String
    package var value: Value

    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// Reads the text form, as in the agent's flag `--attributes`: "rack:abc;zone:west;level:10;keys:[1000-1500]".
    /// The value tells the type: a number of at least zero is a scalar, what begins with "[" are ranges, all else is text. White space
    /// around names and values doesn't count. Later colons belong to the value.
    /// - Throws: what is wrong with the text, and where.
    /// Unlike Mesos, spaces inside a text stay, and a number too large for a scalar is a text, so that no digit is lost.
    package static func parse(_ text: String) throws(TextRefusal) -> [Attribute] {
        var attributes: [Attribute] = []
        for entry in TextScanner.entries(of: text) {
            let (name, value) = try TextScanner.pair(entry)
            attributes.append(Attribute(name.text, try Attribute.value(value)))
        }
        return attributes
    }

    private static func value(_ piece: TextScanner.Piece) throws(TextRefusal) -> Value {
        if let inside = try TextScanner.bracketed(piece, "[", "]") { return .ranges(try TextScanner.ranges(inside)) }
        if try TextScanner.bracketed(piece, "{", "}") != nil { throw piece.refusal(.setAsAttribute) }
        if let amount = Scalar(text: piece.text), amount >= .zero, piece.bytes.first != UInt8(ascii: "-") { return .scalar(amount) }
        return .text(piece.text)
    }
}

extension Attribute.Value: CustomStringConvertible {
    package var description: String {
        switch self {
        case .scalar(let amount): amount.description
        case .ranges(let ranges): ranges.description
        case .text(let text): text
        }
    }
}

extension Attribute: CustomStringConvertible {
    package var description: String { "\(name):\(value)" }
}
