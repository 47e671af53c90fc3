import FrameworkCore

/// The id of a task: `<instance id>._app.<incarnation>` for apps, `<instance id>.<container>.<incarnation>` for pods.
package struct TaskID: Hashable, Sendable, CustomStringConvertible {
    package enum Owner: Hashable, Sendable {
        /// `container` nil: the one task of an app.
        case instance(InstanceID, container: String?)
        /// `name.<uuid>`, from before instances; the separator is `.` or `_`.
        case legacy(PathID, separator: String, uuid: String)
    }

    private static let app = "_app"

    package let owner: Owner
    /// 1, 2, 3 … with each launch of the instance; nil in ids of old versions.
    package let incarnation: Int64?
    private let separator: String

    package init(_ instance: InstanceID, container: String? = nil, incarnation: Int64) {
        self.init(.instance(instance, container: container), incarnation)
    }

    private init(_ owner: Owner, _ incarnation: Int64?, separator: String = ".") {
        self.owner = owner
        self.incarnation = incarnation
        self.separator = separator
    }

    package var instance: InstanceID? {
        if case .instance(let instance, _) = owner { instance } else { nil }
    }

    package var runSpec: PathID {
        switch owner {
        case .instance(let instance, _): instance.runSpec
        case .legacy(let runSpec, _, _): runSpec
        }
    }

    /// The id of the next launch of the same instance.
    package var next: TaskID { TaskID(owner, (incarnation ?? 0) + 1, separator: separator) }

    package var description: String {
        let base =
            switch owner {
            case .instance(let instance, let container): "\(instance)\(separator)\(container ?? Self.app)"
            case .legacy(let runSpec, let separator, let uuid): "\(runSpec.safePath)\(separator)\(uuid)"
            }
        return incarnation.map { "\(base).\($0)" } ?? base
    }
}

// MARK: - Reading

extension TaskID {
    /// Beyond this a number is no incarnation of ours.
    private static let maxIncarnation: Int64 = 1 << 53

    /// Reads the ids of all versions of Marathon.
    /// - Returns: nil if this is none of them.
    package init?(_ text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        if let last = words.last, let incarnation = Self.incarnation(last), let owner = Self.owner(words.dropLast()) {
            self.init(owner.owner, incarnation, separator: owner.separator)
        } else if let owner = Self.owner(words[...]) {
            self.init(owner.owner, nil, separator: owner.separator)
        } else {
            return nil
        }
    }

    private static func incarnation(_ text: String) -> Int64? {
        guard text.utf8.allSatisfy(\.isDigit), let number = Int64(text), String(number) == text, number < maxIncarnation else { return nil }
        return number
    }

    private static func owner(_ words: ArraySlice<String>) -> (owner: Owner, separator: String)? {
        guard let last = words.last, words.count > 1 else { return nil }
        let others = words.dropLast()
        if let name = others.last, !last.isEmpty, let instance = InstanceID(safePath: others.dropLast().joined(separator: "."), name) {
            return (.instance(instance, container: last == app ? nil : last), ".")
        }
        if let underscore = last.firstIndex(of: "_"), let instance = InstanceID(safePath: others.joined(separator: "."), last[..<underscore]) {
            let container = String(last[last.index(after: underscore)...])
            return container.isEmpty ? nil : (.instance(instance, container: container == app ? nil : container), "_")
        }
        return legacy(others, last)
    }

    private static func legacy(_ others: ArraySlice<String>, _ last: String) -> (owner: Owner, separator: String)? {
        let path = others.joined(separator: ".")
        if let underscore = last.lastIndex(of: "_") {
            let uuid = String(last[last.index(after: underscore)...])
            guard UUIDText.isValid(uuid), !path.isEmpty else { return nil }
            return (.legacy(PathID(safePath: "\(path).\(last[..<underscore])"), separator: "_", uuid: uuid), ".")
        }
        guard UUIDText.isValid(last), !path.isEmpty else { return nil }
        return (.legacy(PathID(safePath: path), separator: ".", uuid: last), ".")
    }
}
