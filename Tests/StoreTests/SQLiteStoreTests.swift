import Foundation
import GRDB
import Machine
import Store
import Testing

struct SQLiteStoreTests {
    private func withFile<Value>(_ body: (String) throws -> Value) throws -> Value {
        let folder = NSTemporaryDirectory() + "agora-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder + "/state.db")
    }

    @Test func `what was committed is there after the file is opened again, ordered by key`() throws {
        try withFile { path in
            do {
                let store = try SQLiteStore(path: path)
                try store.commit([
                    .put(table: "apps", key: "b", value: [2]), .put(table: "apps", key: "a", value: []),
                    .put(table: "other", key: "c", value: [3]), .put(table: "apps", key: "c", value: [4]), .remove(table: "apps", key: "c")
                ])
            }
            let store = try SQLiteStore(path: path)
            #expect(try store.scan(table: "apps") == [StoreEntry(key: "a", value: []), StoreEntry(key: "b", value: [2])])
            #expect(try store.get(table: "other", key: "c") == [3])
            #expect(try store.get(table: "apps", key: "c") == nil)
        }
    }

    @Test func `a commit is in the log of the disk before it returns`() throws {
        try withFile { path in
            let pragmas = try SQLiteStore(path: path).pragmas()
            #expect(pragmas == ["journal_mode": "wal", "synchronous": "2", "locking_mode": "exclusive"])
        }
    }

    @Test func `a transaction that breaks a limit changes nothing`() throws {
        try withFile { path in
            let store = try SQLiteStore(path: path)
            let large = [UInt8](repeating: 0, count: StoreLimits.value + 1)
            #expect(throws: StoreError.self) {
                try store.commit([.put(table: "t", key: "a", value: [1]), .put(table: "t", key: "b", value: large)])
            }
            let allowed = Array(large.dropLast())
            let full = (0..<5).map { Change.put(table: "t", key: "\($0)", value: allowed) }
            #expect(throws: StoreError.self) { try store.commit(full) }
            #expect(throws: StoreError.self) {
                try store.commit([.put(table: "t", key: String(repeating: "k", count: StoreLimits.key + 1), value: [])])
            }
            #expect(try store.scan(table: "t") == [])
        }
    }

    @Test func `a second process, a text file and a folder that is not there are refused by name`() throws {
        try withFile { path in
            let store = try SQLiteStore(path: path)
            try store.commit([.put(table: "t", key: "a", value: [1])])
            #expect { _ = try SQLiteStore(path: path) } throws: { "\($0)".contains(path) }
            let text = path + ".txt"
            try String(repeating: "not a database ", count: 100).write(toFile: text, atomically: true, encoding: .utf8)
            #expect { _ = try SQLiteStore(path: text) } throws: { "\($0)".contains(text) && "\($0)".contains("not a database") }
            #expect { _ = try SQLiteStore(path: "/nonexistent/state.db") } throws: { "\($0)".contains("/nonexistent/state.db") }
        }
    }

    @Test func `a closed store gives up its file while somebody still refers to it, and does nothing more`() throws {
        try withFile { path in
            let first = try SQLiteStore(path: path)
            try first.commit([.put(table: "t", key: "a", value: [1])])
            first.close()
            first.close()
            let second = try SQLiteStore(path: path)
            #expect(try second.get(table: "t", key: "a") == [1])
            #expect(throws: StoreError.self) { try first.commit([.put(table: "t", key: "a", value: [2])]) }
            #expect(throws: StoreError.self) { try first.scan(table: "t") }
            #expect(try second.get(table: "t", key: "a") == [1])
        }
    }

    @Test func `both stores agree on random transactions`() throws {
        try withFile { path in
            let disk = try SQLiteStore(path: path)
            let memory = MemoryStore()
            var seed: UInt64 = 42
            func next(_ bound: UInt64) -> UInt64 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (seed >> 33) % bound
            }
            for _ in 0..<100 {
                let changes = (0..<next(6)).map { _ -> Change in
                    let key = "k\(next(9))"
                    return next(3) == 0 ? .remove(table: "t", key: key) : .put(table: "t", key: key, value: [UInt8(next(256))])
                }
                try disk.commit(changes)
                try memory.commit(changes)
                #expect(try disk.scan(table: "t") == memory.scan(table: "t"))
            }
        }
    }
}
