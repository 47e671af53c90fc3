/// Why a text of resources or attributes can't be read, and where.
package struct TextRefusal: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case missingName
        case missingColon(after: String)
        case missingValue(of: String)
        case unclosed(String)
        case roleAfterText
        case noAmount(String)
        case noRange(String)
        case emptyItem
        case setAsAttribute
        case unexpected(String)
        case resource(ResourceRefusal)
    }

    /// The byte of the text, from 1, at which what is wrong begins.
    package let position: Int
    package let reason: Reason
}

extension TextRefusal: CustomStringConvertible {
    package var description: String { "at character \(position): \(reason)" }
}

extension TextRefusal.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingName: "a name is missing"
        case .missingColon(let name): "':' is missing after '\(name)'"
        case .missingValue(let name): "the value of '\(name)' is missing"
        case .unclosed(let bracket): "'\(bracket)' is never closed"
        case .roleAfterText: "only ':' may follow the role"
        case .noAmount(let text): "'\(text)' is no amount: a number of at least 0, [ranges] or {items} was expected"
        case .noRange(let text): "'\(text)' is no range of integers such as 31000-32000"
        case .emptyItem: "an item is empty"
        case .setAsAttribute: "an attribute can't be a set"
        case .unexpected(let text): "'\(text)' was not expected after the value"
        case .resource(let refusal): refusal.description
        }
    }
}
