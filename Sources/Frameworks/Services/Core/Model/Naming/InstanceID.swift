import FrameworkCore

/// The id of one instance of an app or pod: `prod_web.instance-2b1c8f0e-eec5-11eb-9a03-0242ac130003`.
package struct InstanceID: Hashable, Sendable, CustomStringConvertible {
    package enum Prefix: String, Hashable, Sendable, CaseIterable {
        case instance = "instance-"
        /// Of very old versions.
        case marathon = "marathon-"
    }

    package let runSpec: PathID
    package let prefix: Prefix
    /// In its text form; `UUIDText.isValid`.
    package let uuid: String

    /// - Precondition: `uuid` is a UUID in text form.
    package init(_ runSpec: PathID, prefix: Prefix = .instance, uuid: String) {
        precondition(UUIDText.isValid(uuid), "not a UUID: \(uuid)")
        self.runSpec = runSpec
        self.prefix = prefix
        self.uuid = uuid
    }

    /// - Returns: nil if this is no instance id.
    package init?(_ text: String) {
        guard let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        self.init(safePath: text[..<dot], text[text.utf8.index(after: dot)...])
    }

    /// - Parameter name: prefix and UUID.
    init?(safePath: some StringProtocol, _ name: some StringProtocol) {
        guard let prefix = Prefix.allCases.first(where: { name.hasPrefix($0.rawValue) }), !safePath.isEmpty else { return nil }
        let uuid = String(name.dropFirst(prefix.rawValue.count))
        guard UUIDText.isValid(uuid) else { return nil }
        runSpec = PathID(safePath: safePath)
        self.prefix = prefix
        self.uuid = uuid
    }

    package var description: String { "\(runSpec.safePath).\(prefix.rawValue)\(uuid)" }

    /// The id of the instance's executor, where it has one of its own.
    package var executorID: String { "\(prefix.rawValue)\(runSpec.safePath).\(uuid)" }
}

package enum UUIDText {
    /// Whether a text is a UUID of 32 hexadecimal digits in five groups.
    package static func isValid(_ text: String) -> Bool {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }
}
