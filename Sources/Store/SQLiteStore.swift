import Foundation
import GRDB
package import Machine
import Synchronization

/// A store in one SQLite file: write-ahead log, `synchronous=FULL`, so a commit that has returned survives a power cut.
package final class SQLiteStore: Store {
    /// nil once the store is closed: GRDB itself does not survive the use of a closed connection.
    private let database: Mutex<DatabaseQueue?>
    private let path: String

    /// Opens the file, or makes it; its folder must exist.
    /// - Throws: `.unusable` when it can't be opened, isn't a database, or was written by a later version.
    package init(path: String) throws(StoreError) {
        self.path = path
        var configuration = Configuration()
        configuration.label = "agora.store"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode=WAL")
            try database.execute(sql: "PRAGMA synchronous=FULL")
            // Nobody else may write: the second process on the same file fails at once.
            try database.execute(sql: "PRAGMA locking_mode=EXCLUSIVE")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            database = Mutex(queue)
            try queue.write { database in
                let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                guard version <= 1 else { throw StoreError.unusable("\(path) was written by a later version of Agora (format \(version))") }
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS entries (tab TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tab, key))
                        WITHOUT ROWID
                        """)
                try database.execute(sql: "PRAGMA user_version=1")
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw .unusable("can't open the store \(path): \(Self.reason(error))")
        }
    }

    package func scan(table: String) throws(StoreError) -> [StoreEntry] {
        try reading { database in
            var entries: [StoreEntry] = []
            let rows = try Row.fetchCursor(
                database, sql: "SELECT key, value FROM entries WHERE tab = ? ORDER BY key", arguments: [table])
            while let row = try rows.next() {
                entries.append(StoreEntry(key: row[0], value: try row.withUnsafeData(atIndex: 1) { [UInt8]($0 ?? .init()) }))
            }
            return entries
        }
    }

    package func get(table: String, key: String) throws(StoreError) -> [UInt8]? {
        try reading { database in
            let statement = try database.cachedStatement(sql: "SELECT value FROM entries WHERE tab = ? AND key = ?")
            guard let row = try Row.fetchOne(statement, arguments: [table, key]) else { return nil }
            return try row.withUnsafeData(atIndex: 0) { [UInt8]($0 ?? .init()) }
        }
    }

    package func commit(_ changes: [Change]) throws(StoreError) {
        guard !changes.isEmpty else { return }
        try changes.checkLimits()
        do {
            try open().writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    for change in changes { try Self.apply(change, to: database) }
                    return .commit
                }
            }
        } catch {
            throw .failed("can't commit to \(path): \(Self.reason(error))")
        }
    }

    /// Whatever has been committed is on disk already, so a failure to close loses nothing; the file is given up with the process then.
    package func close() {
        let queue = database.withLock { database in
            defer { database = nil }
            return database
        }
        try? queue?.close()
    }

    /// The pragmas that durability hangs on, as SQLite reports them: for the tests and for `/flags`.
    package func pragmas() throws(StoreError) -> [String: String] {
        try reading { database in
            var values: [String: String] = [:]
            for name in ["journal_mode", "synchronous", "locking_mode"] {
                values[name] = try String.fetchOne(database, sql: "PRAGMA \(name)")
            }
            return values
        }
    }

    private static func apply(_ change: Change, to database: Database) throws {
        switch change {
        case .put(let table, let key, let value):
            let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO entries (tab, key, value) VALUES (?, ?, ?)")
            try statement.execute(arguments: [table, key, Data(value)])
        case .remove(let table, let key):
            let statement = try database.cachedStatement(sql: "DELETE FROM entries WHERE tab = ? AND key = ?")
            try statement.execute(arguments: [table, key])
        }
    }

    private func reading<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try open().read(body)
        } catch {
            throw .failed("can't read \(path): \(Self.reason(error))")
        }
    }

    private func open() throws(StoreError) -> DatabaseQueue {
        guard let queue = database.withLock({ $0 }) else { throw .failed("it is closed") }
        return queue
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        if error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED { return "another process has it open" }
        return error.message ?? "\(error.resultCode)"
    }
}
