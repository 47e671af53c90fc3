/// The id of a persistent volume: `prod_db#data#<uuid>`.
package struct PersistenceID: Hashable, Sendable, CustomStringConvertible {
    package let runSpec: PathID
    package let containerPath: String
    package let uuid: String

    package init(runSpec: PathID, containerPath: String, uuid: String) {
        self.runSpec = runSpec
        self.containerPath = containerPath
        self.uuid = uuid
    }

    /// - Returns: nil if this is none.
    package init?(_ text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 3, words.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(runSpec: PathID(safePath: words[0]), containerPath: words[1], uuid: words[2])
    }

    package var description: String { "\(runSpec.safePath)#\(containerPath)#\(uuid)" }
}
