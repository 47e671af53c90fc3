package import Machine

/// Durable tables of values, committed in transactions.
///
/// One process at a time reads and writes a store. It reads all tables at its start, keeps them in memory, and writes changes: so a
/// store needs no queries. Each store enforces the same limits. They lie above what a request can lead to: requests are bounded where they come
/// in, and a store that takes less at once splits values and transactions itself (docs/decisions/0005).
package protocol Store: Sendable {
    /// All entries of a table, ordered by key.
    func scan(table: String) throws(StoreError) -> [StoreEntry]

    /// One value; nil if there is none.
    func get(table: String, key: String) throws(StoreError) -> [UInt8]?

    /// Makes all the changes, or none; they are on disk when this returns. Later changes of the same key win.
    func commit(_ changes: [Change]) throws(StoreError)

    /// Gives up the file, so that the next process, or the next server of this one, may have it at once. Anything after that fails.
    func close()
}

package struct StoreEntry: Hashable, Sendable {
    package let key: String
    package let value: [UInt8]

    package init(key: String, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

package enum StoreLimits {
    /// Bytes of one value.
    package static let value = 64_000_000
    /// Bytes of all keys and values of one transaction: what one input of a core may change at
    /// once.
    package static let transaction = 256_000_000
    /// Bytes up to which the changes of several inputs share a transaction: what the narrowest store takes in one request.
    package static let batch = 900_000
    /// Bytes of a key or of a table's name.
    package static let key = 1_024
}

/// Why a store did not do it. After any error of `commit` the caller doesn't know whether it happened, and must end.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(what: String, bytes: Int, limit: Int)
    /// The folder or file can't be used; the text names it and says why.
    case unusable(String)
    case failed(String)

    package var description: String {
        switch self {
        case .tooLarge(let what, let bytes, let limit): "\(what) has \(bytes) bytes, and the store takes at most \(limit)"
        case .unusable(let text), .failed(let text): text
        }
    }
}

extension Change {
    /// What the change counts against the limit of a transaction, in bytes.
    package var size: Int {
        switch self {
        case .put(let table, let key, let value): table.utf8.count + key.utf8.count + value.count
        case .remove(let table, let key): table.utf8.count + key.utf8.count
        }
    }
}

extension [Change] {
    /// Refuses what some store would refuse.
    package func checkLimits() throws(StoreError) {
        var total = 0
        for change in self {
            if case .put(let table, let key, let value) = change, value.count > StoreLimits.value {
                throw .tooLarge(what: "the value of \(table)/\(key)", bytes: value.count, limit: StoreLimits.value)
            }
            switch change {
            case .put(let table, let key, _), .remove(let table, let key):
                if Swift.max(table.utf8.count, key.utf8.count) > StoreLimits.key {
                    throw .tooLarge(what: "a key of \(table)", bytes: key.utf8.count, limit: StoreLimits.key)
                }
            }
            total += change.size
        }
        if total > StoreLimits.transaction {
            throw .tooLarge(what: "a transaction", bytes: total, limit: StoreLimits.transaction)
        }
    }
}
