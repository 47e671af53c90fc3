import FrameworkCore

extension JobDefinition {
    /// What API a client speaks: it decides which names are allowed.
    package enum Version: Int, Hashable, Sendable {
        /// `/scheduler`: blanks and `#` are allowed as well.
        case two = 2
        /// `/v1/scheduler`
        case three = 3
    }

    /// In bytes: a task's id has the name in it, and at most 255.
    package static let longestName = 200

    /// Why no new job can have this name; nil if one can.
    package static func flaw(ofName name: String, _ version: Version) -> String? {
        let pattern = version == .two ? #"[\w\s#_.-]+"# : #"([\w\.-]+)"#
        let others = version == .two ? "_.-# " : "_.-"
        let isAllowed = name.utf8.allSatisfy { $0.isAlphanumeric || others.utf8.contains($0) }
        guard !name.isEmpty, isAllowed, !name.utf8.allSatisfy({ $0 == UInt8(ascii: ".") }) else {
            return "the job's name is invalid. Allowed names: '\(pattern)'"
        }
        return name.utf8.count > longestName ? "the job's name is longer than \(longestName) bytes" : nil
    }

    /// What is wrong with it that no default can mend.
    func flaw() -> String? {
        for (name, amount) in [("cpus", cpus), ("mem", mem), ("disk", disk)] where amount > 1e9 { return "\(name) is too much: \(amount)" }
        let texts = [command, executorFlags, taskInfoData, owner, ownerName, description, runAsUser] + arguments
        if texts.contains(where: { $0.utf8.contains(0) }) || environment.contains(where: { ($0.name + $0.value).utf8.contains(0) }) {
            return "a text has a NUL character in it"
        }
        // With either, no agent would take its tasks.
        if let variable = environment.first(where: { $0.name.isEmpty || $0.name.contains("=") }) {
            return "environmentVariables: '\(variable.name)' is no name of a variable"
        }
        if let index = fetch.firstIndex(where: { $0.uri.isEmpty }) { return isFetchOfURIs ? "uris[\(index)] is empty" : "fetch[\(index)] has no uri" }
        return nil
    }
}
