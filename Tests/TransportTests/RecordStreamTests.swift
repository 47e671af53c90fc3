import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Transport

/// The proof that one POST carries records both ways for as long as it likes.
struct RecordStreamTests {
    /// A master that answers each record with the same one.
    static func echo(_ ends: Probe<StreamEnd>, _ limits: RecordStream.Limits = .init()) -> @Sendable (Call) async throws -> Reply {
        { _ in
            let outbox = Outbox()
            let stream = RecordStream(outbox: outbox, limits: limits) { records in
                for record in records { outbox.offer(record: record) }
                return .more
            } onEnd: {
                ends.append($0)
            }
            return .records(stream, contentType: "application/x-protobuf")
        }
    }

    struct Peer {
        let records = Probe<[UInt8]>()
        let ends = Probe<StreamEnd>()
        let heads = Probe<HTTPHeaders>()
        let outbox: Outbox
        let stream: RecordStream

        init(limits: RecordStream.Limits = .init(), outbox: Outbox = Outbox()) {
            self.outbox = outbox
            let records = records, ends = ends
            stream = RecordStream(outbox: outbox, limits: limits) {
                for record in $0 { records.append(record) }
                return .more
            } onEnd: {
                ends.append($0)
            }
        }

        func dial(_ url: String) -> RecordConnection {
            let heads = heads
            return RecordConnection.open(.init(url: url, headers: [:], body: .outbox), stream: stream) { heads.append($0) }
        }
    }

    @Test func `a bidirectional stream carries 10,000 round trips, one at a time, over one connection`() async throws {
        let ends = Probe<StreamEnd>()
        try await withService(respond: Self.echo(ends)) { address in
            let done = Probe<Int>()
            let ended = Probe<StreamEnd>()
            let outbox = Outbox()
            let count = Mutex(0)
            let stream = RecordStream(outbox: outbox) { records in
                for record in records {
                    let number = count.withLock { count in
                        count += 1
                        return count
                    }
                    guard record == Array("\(number - 1)".utf8) else {
                        done.append(-1)
                        return .more
                    }
                    if number == 10_000 { done.append(number) } else { outbox.offer(record: Array("\(number)".utf8)) }
                }
                return .more
            } onEnd: {
                ended.append($0)
            }
            outbox.offer(record: Array("0".utf8))
            let connection = RecordConnection.open(.init(url: address.url("/link"), headers: [:], body: .outbox), stream: stream)
            try await done.expectFirst(10_000, within: .seconds(60))
            outbox.close(.afterDrain)
            try await ended.expectFirst(.closed)
            try await ends.expectFirst(.goodbye)
            connection.close()
            #expect(ended.elements == [.closed])
            #expect(ends.elements == [.goodbye])
        }
    }
}
