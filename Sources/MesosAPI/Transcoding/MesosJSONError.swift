/// Why a JSON text is not the JSON of a message. The description is the text that Mesos gives, to be put behind
/// "Failed to parse body into JSON: " (`isSyntax`) or "Failed to convert JSON into Call protobuf: ".
public enum MesosJSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not JSON at all.
    case syntax(offset: Int, reason: String)
    case notAnObject
    /// `found` is what stood there: `object`, `array`, `string`, `number` or `boolean`.
    case unexpected(found: String, field: String)
    /// A string where `expected` (`number` or `boolean`) should be, and that doesn't hold one.
    case unreadable(text: String, expected: String, field: String)
    case outOfRange(field: String)
    case notBase64(field: String)
    /// A required enum has no value of this name.
    case unknownEnumValue(String)
    /// The paths of required fields that are absent.
    case missing([String])

    public var isSyntax: Bool {
        if case .syntax = self { true } else { false }
    }

    public var description: String {
        switch self {
        case .syntax(_, let reason): reason
        case .notAnObject: "Expecting a JSON object"
        case .unexpected(let found, let field): "Not expecting a JSON \(found) for field '\(field)'"
        case .unreadable(let text, let expected, let field): "Failed to parse '\(text)' as a JSON \(expected) for field '\(field)'"
        case .outOfRange(let field): "Number out of range for field '\(field)'"
        case .notBase64(let field): "Failed to base64 decode bytes field '\(field)'"
        case .unknownEnumValue(let name): "Failed to find enum for '\(name)'"
        case .missing(let paths): "Missing required fields: \(paths.joined(separator: ", "))"
        }
    }
}
