import BatchCore
import JSON
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// The stream of events: what is on it, and how a reader that was cut off goes on.
struct EventStreamTests {
    @Test(arguments: ["/agora/v1/events", "/v1/events", "/v1/scheduler/events", "/scheduler/events"])
    func `events come as they happen, with a number and the data`(_ path: String) async throws {
        try await Fixture.with { fixture in
            let reader = try await EventReader(fixture, path)
            try await reader.wait("the stream begins") { $0.body.hasPrefix("retry: 1000\r\nid: ") }
            #expect(reader.text.contains("Content-Type: text/event-stream"))
            try await fixture.create("a")
            #expect(try await fixture.send(.PUT, "/v1/scheduler/job/a").status == .noContent)
            #expect(try await fixture.send(.DELETE, "/v1/scheduler/task/kill/a").status == .noContent)
            try await reader.wait("all is told") { $0.types == ["job_created", "run_created", "run_ended"] }
            let events = reader.events
            #expect(events.allSatisfy { $0.id.map(Int64.init) == $0.data["id"]?.integer && $0.data["job"]?.string == "a" })
            #expect(events.compactMap(\.id) == events.compactMap(\.id).sorted())
            let end = try #require(events.last?.data)
            #expect(
                end["run"]?["outcome"]?.string == "killed" && end["run"]?["cause"]?.string == "request"
                    && end["message"]?.string == "killed on request")
            #expect(end["eventType"]?.string == "run_ended" && end["timestamp"]?.string?.hasSuffix("Z") == true)
            await reader.close()
        }
    }

    @Test func `a reader that comes back goes on where it was`() async throws {
        try await Fixture.with { fixture in
            let first = try await EventReader(fixture, "/agora/v1/events")
            try await first.wait("the stream begins") { $0.body.hasPrefix("retry") }
            for name in ["a", "b", "c"] { try await fixture.create(name) }
            try await first.wait("all is told") { $0.events.count == 3 }
            await first.close()
            let id = try #require(first.events[0].id)
            let byHeader = try await EventReader(fixture, "/agora/v1/events?last_event_id=0", headers: ["Last-Event-ID: \(id)"])
            let byQuery = try await EventReader(fixture, "/agora/v1/events?last_event_id=\(id)")
            for reader in [byHeader, byQuery] {
                try await reader.wait("the rest is told") { $0.events.count == 2 }
                #expect(reader.events.map { $0.data["job"]?.string } == ["b", "c"])
            }
            try await fixture.create("d")
            for reader in [byHeader, byQuery] {
                try await reader.wait("news are told") { $0.events.count == 3 }
                await reader.close()
            }
        }
    }

    @Test func `a reader that comes while the server starts has missed nothing`() async throws {
        for _ in 0..<20 {
            try await Fixture.with { fixture in
                let reader = try await EventReader(fixture, "/agora/v1/events")
                try await reader.wait("the stream begins") { $0.body.hasPrefix("retry: 1000\r\nid: ") }
                try await fixture.create("a")
                try await reader.wait("all is told") { !$0.events.isEmpty }
                #expect(reader.types == ["job_created"])
                await reader.close()
            }
        }
    }

    @Test(arguments: ["1", "18000000000000000000"]) func `a reader that has missed events is told so`(_ last: String) async throws {
        try await Fixture.with { fixture in
            try await fixture.create("a")
            let reader = try await EventReader(fixture, "/agora/v1/events", headers: ["Last-Event-ID: \(last)"])
            try await reader.wait("the gap is told") { $0.types == ["gap", "job_created"] }
            #expect(reader.events[0].data["lastEventId"]?.unsigned == UInt64(last))
            let gap = try #require(reader.events[0].id)
            #expect(try gap < #require(reader.events[1].id))
            // Whoever comes back with the gap's number has missed nothing more.
            let again = try await EventReader(fixture, "/agora/v1/events", headers: ["Last-Event-ID: \(gap)"])
            try await again.wait("the rest is told") { $0.types == ["job_created"] }
            for reader in [reader, again] { await reader.close() }
        }
    }

    @Test func `readers choose jobs and types`() async throws {
        try await Fixture.with { fixture in
            let some = try await EventReader(fixture, "/agora/v1/events?job=a&job=c&event_type=job_created&event_type=job_removed")
            let all = try await EventReader(fixture, "/agora/v1/events")
            for reader in [some, all] { try await reader.wait("the stream begins") { $0.body.hasPrefix("retry") } }
            for name in ["a", "b", "c"] {
                try await fixture.create(name)
                #expect(try await fixture.send(.PUT, "/agora/v1/jobs/\(name)/pause").status == .noContent)
                #expect(try await fixture.send(.DELETE, "/v1/scheduler/job/\(name)").status == .noContent)
            }
            try await all.wait("all is told") { $0.events.count == 9 }
            try await some.wait("some are told") { $0.events.count == 4 }
            #expect(
                some.events.map { "\($0.type) \($0.data["job"]?.string ?? "")" } == [
                    "job_created a", "job_removed a", "job_created c", "job_removed c"
                ])
            for reader in [some, all] { await reader.close() }
        }
    }

    @Test(arguments: [
        (HTTPMethod.POST, "", 405, "Method Not Allowed"), (.GET, "?event_type=jobs", 400, "event_type must be one of job_created, "),
        (.GET, "?last_event_id=x", 400, "Last-Event-ID must be the number of an event, not 'x'")
    ])
    func `what is no wish is refused`(_ method: HTTPMethod, _ query: String, _ status: Int, _ text: String) async throws {
        try await Fixture.with { fixture in
            let answer = try await fixture.send(method, "/agora/v1/events\(query)")
            #expect(Int(answer.status.code) == status && answer.text.contains(text), "\(answer.text)")
        }
    }

    /// Straight at the feed, since its ring is larger than a test wants to fill.
    @Test func `who falls behind the ring is told what is missing, and costs no more than what is on its way to it`() async throws {
        let feed = EventFeed(events: 100)
        feed.begin(after: 1_000)
        func publish(_ ids: ClosedRange<UInt64>) { for id in ids { feed.publish(Event(id: id, time: 0, kind: .jobCreated, job: "j\(id)")) } }
        publish(1_001...1_300)
        let late = try #require(feed.listen(after: 1_000, .init()))
        let fresh = try #require(feed.listen(after: 1_250, .init()))
        let pump = Task { try await feed.run() }
        defer { pump.cancel() }
        for _ in 0..<1_000 where late.outbox.depth.items < 2 || fresh.outbox.depth.items < 2 { try await Task.sleep(for: .milliseconds(10)) }
        // A gap and the newest hundred, against the fifty that it had not heard.
        #expect(late.outbox.depth.bytes > fresh.outbox.depth.bytes && fresh.outbox.depth.items == 2)
        // Nobody reads on: what waits is bounded, however much is published.
        for start in stride(from: UInt64(1_301), to: 21_301, by: 50) {
            publish(start...start + 49)
            await Task.yield()
        }
        for reader in [late, fresh] { #expect(reader.outbox.depth.bytes < 512 << 10 && !reader.outbox.hasOverflowed) }
    }
}
