import NIOHTTP1
import Testing
import Transport

struct OutboxTests {
    @Test func `while less than the bound waits an offer of any size is taken, the next one is refused`() {
        let outbox = Outbox(bytes: 1_000)
        #expect(outbox.offer([UInt8](repeating: 1, count: 999)))
        #expect(outbox.offer([UInt8](repeating: 1, count: 1_000_000)))
        #expect(outbox.depth.bytes == 1_000_999 && outbox.depth.items == 2)
        #expect(!outbox.offer([1]) && outbox.hasOverflowed)
    }

    @Test func `items have a bound of their own`() {
        let outbox = Outbox(items: 2)
        #expect(outbox.offer([1]) && outbox.offer([1]) && !outbox.offer([1]))
    }

    @Test func `records of all sizes arrive whole and in order`() async throws {
        let sizes = [1, 300_000, 5, 262_144, 262_143, 1_000_000, 2, 700_000] + (0..<500).map { $0 * 37 % 5_000 }
        let records = sizes.enumerated().map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0.offset), count: $0.element) }
        try await withService { _ in
            let outbox = Outbox()
            for record in records { outbox.offer(record: record) }
            outbox.close(.afterDrain)
            return .records(RecordStream(outbox: outbox) { _ in }, contentType: "application/json")
        } _: { address in
            let peer = RecordStreamTests.Peer()
            let connection = peer.dial(address.url("/"))
            try await peer.records.wait { $0.count == records.count }
            #expect(peer.records.elements == records)
            connection.close()
        }
    }
}
