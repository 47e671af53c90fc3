import Foundation
import Logging
import Machine
import Runtime
import Store
import Testing

struct RecorderTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "agora-runtime-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test func `the recording of a run, replayed, ends in the same digest`() async throws {
        try await withFolder { folder in
            let logger = Logger(label: "test")
            let recorder = try #require(Recorder(folder: folder, kind: "counter", logger: logger))
            let loop = Loop(core: Counter(), store: MemoryStore(), recorder: recorder, logger: logger) { _ in }
            loop.start()
            for number in 1...500 { #expect(await loop.postWhenRoom(.add(Int64(number)))) }
            let digest = await loop.inspect { $0.digest }
            await loop.stop()
            let recording = try Recording<Counter.Input>([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/1.rec"))))
            var steps: [Int] = []
            let replay = try Replay(recording, core: Counter()) { steps.append($0.number) }
            #expect(recording.kind == "counter" && recording.entries.count == 500 && steps == Array(1...500))
            #expect(replay.core.digest == digest && replay.markCount >= 1 && recording.marks.last?.count == 500)
            let none = try Replay(recording, core: Counter(), until: recording.entries[0].moment.wall - 1)
            #expect(none.inputCount == 0 && none.markCount == 0)
            var other = Counter()
            _ = other.handle(.add(1), at: recording.entries[0].moment)
            #expect(throws: Replay<Counter>.Difference.self) { _ = try Replay(recording, core: other) }
        }
    }

    @Test func `a file that ends in the middle of an entry gives all entries before`() async throws {
        try await withFolder { folder in
            let recorder = try #require(Recorder(folder: folder, kind: "counter", logger: Logger(label: "test")))
            let loop = Loop(core: Counter(), store: MemoryStore(), recorder: recorder, logger: Logger(label: "test")) { _ in }
            loop.start()
            for number in 1...3 { #expect(loop.post(.add(Int64(number)))) }
            await loop.stop()
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/1.rec")))
            #expect(try Recording<Counter.Input>(bytes.dropLast(1)).entries.count == 3, "the mark at the end is cut")
            #expect(try Recording<Counter.Input>(bytes.dropLast(1)).marks.isEmpty)
            #expect(try Recording<Counter.Input>(bytes.dropLast(20)).entries.count < 3)
            #expect(throws: RecordingError.invalid("not a recording, or of another version")) { _ = try Recording<Counter.Input>([1, 2, 3]) }
        }
    }

    @Test func `old recordings are removed, and a full one ends`() async throws {
        try await withFolder { folder in
            for _ in 0..<6 { _ = Recorder(folder: folder, kind: "counter", keep: 3, logger: Logger(label: "test")) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["4.rec", "5.rec", "6.rec"])
            let recorder = Recorder(folder: folder, kind: "counter", limit: 100, logger: Logger(label: "test"))
            let loop = Loop(core: Counter(), store: MemoryStore(), recorder: recorder, logger: Logger(label: "test")) { _ in }
            loop.start()
            for _ in 0..<50 {
                #expect(loop.post(.add(1)))
                _ = await loop.inspect { $0.total }
            }
            await loop.stop()
            let size = try Data(contentsOf: URL(fileURLWithPath: folder + "/7.rec")).count
            #expect(size <= 100 && size > 20)
        }
    }

    @Test func `a folder is one process's alone`() async throws {
        try await withFolder { folder in
            let first = try WorkFolder(path: folder)
            #expect { _ = try WorkFolder(path: folder) } throws: { "\($0)".contains("is in use by another process (pid \(getpid()))") }
            #expect(first.path == folder)
            #expect { _ = try WorkFolder(path: "/proc/agora") } throws: { "\($0)".contains("/proc/agora") }
        }
    }

    @Test func `a question without an answer fails at its deadline, one that is refused at once`() async {
        let answers = Answers<Int>()
        #expect(await answers.ask(within: 0.02) { _ in true } == nil)
        #expect(await answers.ask(within: 60) { _ in false } == nil)
        #expect(
            await answers.ask(within: 60) { number in
                answers.answer(number, 7); return true
            } == 7)
    }
}

struct StopTests {
    @Test func `a loop that has stopped has given up its store, though it is still referred to`() async throws {
        let folder = NSTemporaryDirectory() + "agora-stop-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for round in 1...20 {
            let store = try SQLiteStore(path: folder + "/state.db")
            let loop = Loop(core: Counter(), store: store, logger: Logger(label: "test")) { _ in }
            loop.start()
            #expect(loop.post(.add(Int64(round))))
            await loop.stop()
            let next = try SQLiteStore(path: folder + "/state.db")
            #expect(try next.get(table: "t", key: "total") == [UInt8(round)])
            next.close()
            #expect(await loop.inspect { $0.total } == nil)
        }
    }
}
