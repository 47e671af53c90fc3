import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Transport

/// The proof that one POST carries records both ways for as long as it likes.
@Suite(.serialized) struct RecordStreamTests {
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

    @Test func `records of both directions interleave, each direction in order`() async throws {
        let fromClient = Probe<[UInt8]>()
        let opened = Probe<Outbox>()
        let count = 5_000
        try await withService { _ in
            let outbox = Outbox()
            opened.append(outbox)
            let stream = RecordStream(outbox: outbox) {
                for record in $0 { fromClient.append(record) }
                return .more
            } onEnd: { _ in
            }
            return .records(stream, contentType: "application/x-protobuf")
        } _: { address in
            let peer = Peer()
            let connection = peer.dial(address.url("/"))
            let back = try await opened.first()
            let expected = (0..<count).map { number in Array("record \(number)".utf8) + Array(repeating: 0, count: number % 300) }
            for record in expected {
                #expect(peer.outbox.offer(record: record))
                #expect(back.offer(record: record))
                if record.last == 0, record.count % 64 == 0 { await Task.yield() }
            }
            try await fromClient.wait { $0.count == count }
            try await peer.records.wait { $0.count == count }
            #expect(fromClient.elements == expected)
            #expect(peer.records.elements == expected)
            connection.close()
        }
    }

    @Test func `a subscription's head is sent before its first record, and its connection close request is not heeded`() async throws {
        let opened = Probe<Outbox>()
        let ends = Probe<StreamEnd>()
        try await withService { call in
            _ = try await call.body.collect()
            let outbox = Outbox()
            let stream = RecordStream(outbox: outbox) { ends.append($0) }
            opened.append(outbox)
            return .records(stream, contentType: "application/json", headers: ["Mesos-Stream-Id": "s1"])
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
            let head = try await client.receive { $0.hasSuffix("\r\n\r\n") }
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.lowercased().contains("transfer-encoding: chunked\r\n"))
            #expect(head.contains("Content-Type: application/json\r\n"))
            #expect(head.contains("Mesos-Stream-Id: s1\r\n"))
            let outbox = try await opened.first()
            outbox.offer(record: Array("{}".utf8))
            try await client.receive { $0.hasSuffix("\r\n\r\n4\r\n2\n{}\r\n") }
            outbox.offer(record: Array("[1]".utf8))
            try await client.receive { $0.hasSuffix("\r\n5\r\n3\n[1]\r\n") }
            #expect(ends.elements.isEmpty)
            outbox.close(.afterDrain)
            let all = try await client.receiveAll()
            #expect(all.hasSuffix("\r\n0\r\n\r\n"))
            #expect(ends.elements == [.closed])
        }
    }

    enum Departure: CaseIterable {
        case close, reset, halfClose
    }

    @Test(arguments: Departure.allCases)
    func `a subscriber that leaves is noticed at once although nothing is written`(_ departure: Departure) async throws {
        let opened = Probe<Outbox>()
        let ends = Probe<StreamEnd>()
        try await withService { call in
            _ = try await call.body.collect()
            let outbox = Outbox()
            opened.append(outbox)
            return .records(RecordStream(outbox: outbox) { ends.append($0) }, contentType: "application/json")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            try await client.receive { $0.hasSuffix("\r\n\r\n") }
            switch departure {
            case .close: await client.close()
            case .reset: try await client.reset()
            case .halfClose: try await client.closeOutput()
            }
            let end = try await ends.first(within: .seconds(60), "the end")
            if departure == .reset {
                guard case .reset = end else {
                    Issue.record("ended with \(end)")
                    return
                }
            } else {
                #expect(end == .goodbye)
            }
            let outbox = try await opened.first()
            #expect(!outbox.offer(record: [1]))
            #expect(ends.elements.count == 1)
        }
    }

    @Test func `an agent that is killed is a goodbye, also in the middle of a record and a chunk`() async throws {
        let ends = Probe<StreamEnd>()
        try await withService(respond: Self.echo(ends)) { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n97\nabc")
            try await client.receive { $0.contains("\r\n\r\n") }
            await client.close()
            try await ends.expectFirst(.goodbye, within: .seconds(60))
        }
    }

    @Test func `the server's queued records reach the client before its goodbye, which is noticed at once`() async throws {
        try await withService { _ in
            let outbox = Outbox()
            for number in 0..<1_000 { outbox.offer(record: Array("\(number)".utf8)) }
            outbox.close(.afterDrain)
            return .records(RecordStream(outbox: outbox, onRecords: { _ in .more }, onEnd: { _ in }), contentType: "application/json")
        } _: { address in
            let peer = Peer()
            _ = peer.dial(address.url("/"))
            try await peer.ends.expectFirst(.goodbye, within: .seconds(60))
            #expect(peer.records.elements == (0..<1_000).map { Array("\($0)".utf8) })
            #expect(!peer.outbox.offer(record: [1]))
        }
    }

    @Test func `closing now ends the stream on both sides whatever is queued`() async throws {
        let opened = Probe<Outbox>()
        let ends = Probe<StreamEnd>()
        try await withService { _ in
            let outbox = Outbox()
            opened.append(outbox)
            return .records(RecordStream(outbox: outbox, onRecords: { _ in .more }, onEnd: { ends.append($0) }), contentType: "a/b")
        } _: { address in
            let peer = Peer()
            _ = peer.dial(address.url("/"))
            try await opened.first().close(.now)
            try await ends.expectFirst(.closed)
            let end = try await peer.ends.first()
            if case .reset = end { return }
            #expect(end == .goodbye)
        }
    }

    @Test func `silence is told from goodbye on either side`() async throws {
        let ends = Probe<StreamEnd>()
        var limits = RecordStream.Limits()
        limits.silence = .milliseconds(300)
        try await withService { [limits] _ in
            let outbox = Outbox()
            // The server is silent too, but doesn't mind.
            let isWatching = ends.elements.isEmpty
            let stream = RecordStream(
                outbox: outbox, limits: isWatching ? limits : .init(), onRecords: { _ in .more }, onEnd: { ends.append($0) })
            return .records(stream, contentType: "application/json")
        } _: { [limits] address in
            let silent = Peer()
            _ = silent.dial(address.url("/"))
            try await ends.expectFirst(.silent)
            let end = try await silent.ends.first()
            #expect(end != .silent)

            let watching = Peer(limits: limits)
            _ = watching.dial(address.url("/"))
            try await watching.ends.expectFirst(.silent)
            try await ends.wait { $0.count == 2 }
            #expect(ends.elements.last != .silent)
        }
    }

    @Test func `records keep a stream from being silent`() async throws {
        let ends = Probe<StreamEnd>()
        var limits = RecordStream.Limits()
        limits.silence = .seconds(3)
        try await withService(respond: Self.echo(ends, limits)) { [limits] address in
            let peer = Peer(limits: limits)
            let connection = peer.dial(address.url("/"))
            for number in 1...14 {
                peer.outbox.offer(record: [UInt8(number)])
                try await peer.records.wait { $0.count == number }
                try await Task.sleep(for: .milliseconds(250))
            }
            #expect(ends.elements.isEmpty && peer.ends.elements.isEmpty)
            #expect(peer.stream.quiet < .seconds(3))
            connection.close()
            try await peer.ends.expectFirst(.closed)
        }
    }

    @Test func `a subscriber that doesn't read is cut off at the bound, and memory stays within it`() async throws {
        let opened = Probe<Outbox>()
        let ends = Probe<StreamEnd>()
        try await withService { _ in
            let outbox = Outbox(bytes: 4 << 20)
            opened.append(outbox)
            return .records(RecordStream(outbox: outbox) { ends.append($0) }, contentType: "application/json")
        } _: { address in
            let client = try await RawClient.connect(address, isReading: false)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            let outbox = try await opened.first()
            let record = [UInt8](repeating: 7, count: 10_000)
            var accepted = 0
            while accepted < 10_000, outbox.offer(record: record) {
                accepted += 1
                #expect(outbox.depth.bytes < (4 << 20) + record.count + 16)
                if accepted % 50 == 0 { await Task.yield() }
            }
            // The kernel takes some megabytes of its own.
            #expect(accepted < 10_000)
            #expect(outbox.hasOverflowed)
            #expect(!outbox.offer(record: []))
            try await ends.expectFirst(.overflow)
            #expect(outbox.depth.items <= accepted)
            await client.close()
        }
    }

    @Test func `a subscriber that takes no byte for too long is stalled`() async throws {
        let ends = Probe<StreamEnd>()
        try await withService { _ in
            let outbox = Outbox(bytes: 64 << 20)
            for _ in 0..<320 { outbox.offer(record: [UInt8](repeating: 7, count: 100_000)) }
            var limits = RecordStream.Limits()
            limits.stall = .milliseconds(400)
            return .records(RecordStream(outbox: outbox, limits: limits) { ends.append($0) }, contentType: "application/json")
        } _: { address in
            let client = try await RawClient.connect(address, isReading: false)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            try await ends.expectFirst(.stalled)
            await client.close()
        }
    }

    @Test func `closing after drain ends in time with a peer that doesn't read`() async throws {
        let ends = Probe<StreamEnd>()
        try await withService { _ in
            let outbox = Outbox(bytes: 64 << 20)
            for _ in 0..<320 { outbox.offer(record: [UInt8](repeating: 7, count: 100_000)) }
            outbox.close(.afterDrain)
            var limits = RecordStream.Limits()
            limits.drain = .milliseconds(300)
            return .records(RecordStream(outbox: outbox, limits: limits) { ends.append($0) }, contentType: "application/json")
        } _: { address in
            let client = try await RawClient.connect(address, isReading: false)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            try await ends.expectFirst(.closed, within: .seconds(60))
            await client.close()
        }
    }

    @Test func `a receiver that pauses slows the sender down, and loses nothing`() async throws {
        let received = Mutex((count: 0, isPaused: false))
        let events = Probe<Int>()
        let streams = Probe<RecordStream>()
        try await withService { _ in
            let stream = RecordStream(outbox: Outbox()) { records in
                let (count, flow) = received.withLock { state -> (Int, Flow) in
                    let wasEmpty = state.count == 0
                    state.count += records.count
                    if wasEmpty { state.isPaused = true }
                    return (state.count, wasEmpty ? .pause : .more)
                }
                events.append(count)
                return flow
            } onEnd: { _ in
            }
            streams.append(stream)
            return .records(stream, contentType: "application/json")
        } _: { address in
            let peer = Peer(outbox: Outbox(bytes: 64 << 20))
            let total = 3_200
            for _ in 0..<total { peer.outbox.offer(record: [UInt8](repeating: 1, count: 10_000)) }
            let connection = peer.dial(address.url("/"))
            _ = try await events.first()
            // While the receiver holds back, at most what kernels buffer has left the sender: 32 MB are more than that.
            try await Task.sleep(for: .milliseconds(300))
            #expect(peer.outbox.depth.bytes > 8 << 20)
            try await streams.first().resume()
            try await events.wait { $0.last == total }
            // The sender hears of it later than the receiver: the outbox forgets what has left once the write is done.
            let deadline = ContinuousClock.now + .seconds(20)
            while peer.outbox.depth.items > 64, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
            #expect(peer.outbox.depth.items <= 64)
            connection.close()
        }
    }

    @Test func `a half-closed stream still gets what is queued for it`() async throws {
        let ends = Probe<StreamEnd>()
        try await withService(respond: Self.echo(ends)) { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n3\nabc\r\n0\r\n\r\n")
            let all = try await client.receiveAll()
            #expect(all.hasSuffix("\r\n5\r\n3\nabc\r\n0\r\n\r\n"))
            #expect(ends.elements == [.goodbye])
        }
    }

    enum BrokenRecord: String, CaseIterable {
        case otherText = "3x\nabc"
        case negative = "-1\n"
        case noLength = "\nabc"
        case overLimit = "1001\n"
        case endless = "00000000000000000000000"
    }

    @Test(arguments: BrokenRecord.allCases)
    func `broken records end the stream`(_ record: BrokenRecord) async throws {
        let body = record.rawValue
        let ends = Probe<StreamEnd>()
        var limits = RecordStream.Limits()
        limits.recordBytes = 1000
        try await withService(respond: Self.echo(ends, limits)) { address in
            let client = try await RawClient.connect(address)
            let length = String(body.utf8.count, radix: 16)
            try await client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\(length)\r\n\(body)\r\n")
            let end = try await ends.first()
            guard case .malformed = end else {
                Issue.record("ended with \(end)")
                return
            }
            _ = try await client.receiveAll()
        }
    }

    @Test func `a stream that ends inside a record is malformed`() async throws {
        let ends = Probe<StreamEnd>()
        try await withService(respond: Self.echo(ends)) { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n5\na\r\n0\r\n\r\n")
            try await ends.expectFirst(.malformed("the stream ended inside a record"))
        }
    }

    @Test func `500 bidirectional streams are open at once, each answers, and shutdown ends them all in time`() async throws {
        let ends = Probe<StreamEnd>()
        let peers = (0..<500).map { _ in Peer() }
        let clock = ContinuousClock()
        var began = clock.now
        try await withService(respond: Self.echo(ends)) { address in
            for peer in peers {
                peer.outbox.offer(record: [1])
                _ = peer.dial(address.url("/"))
            }
            for peer in peers { try await peer.records.wait(within: .seconds(60)) { $0.count == 1 } }
            for peer in peers { peer.outbox.offer(record: [2]) }
            for peer in peers { try await peer.records.wait(within: .seconds(60)) { $0 == [[1], [2]] } }
            #expect(ends.elements.isEmpty)
            began = clock.now
        }
        #expect(clock.now - began < .seconds(10))
        for peer in peers { try await peer.ends.expectFirst(.goodbye) }
        #expect(ends.elements.count == 500 && ends.elements.allSatisfy { $0 == .closed })
    }

    @Test func `a stream whose peer doesn't read can't hold up shutdown`() async throws {
        let opened = Probe<Outbox>()
        let clients = Probe<RawClient>()  // Held, so that they stay open.
        let ends = Probe<StreamEnd>()
        let clock = ContinuousClock()
        var began = clock.now
        try await withService {
            $0.shutdownDeadline = .milliseconds(500)
        } respond: { _ in
            let outbox = Outbox(bytes: 64 << 20)
            for _ in 0..<320 { outbox.offer(record: [UInt8](repeating: 7, count: 100_000)) }
            opened.append(outbox)
            return .records(RecordStream(outbox: outbox) { ends.append($0) }, contentType: "application/json")
        } _: { address in
            let client = try await RawClient.connect(address, isReading: false)
            clients.append(client)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            _ = try await opened.first()
            began = clock.now
        }
        #expect(clock.now - began < .seconds(4))
        #expect(ends.elements == [.closed] && clients.elements.count == 1)
    }
}
