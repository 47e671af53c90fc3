import Logging
import MesosAPI
import NIOHTTP1
import Scheduling
import Synchronization
import Testing
import Transport

struct SchedulerClientTests {
    /// What a framework was told, as words.
    final class Diary: Sendable {
        private let words = Mutex<[String]>([])

        var all: [String] { words.withLock { $0 } }

        func note(_ event: SchedulerEvent) {
            let word =
                switch event {
                case .subscribed(let id, _): "subscribed \(id.value)"
                case .disconnected: "disconnected"
                case .offers(let offers): "offers \(offers.count)"
                case .rescinded(let id): "rescinded \(id.value)"
                case .update(let status): "update \(status.taskID.value)"
                case .callRefused(let type, let status, _): "refused \(type) \(status)"
                default: "other"
                }
            words.withLock { $0.append(word) }
        }
    }

    private struct Timeout: Error { let text: String }

    private func wait(_ what: String, until condition: () -> Bool) async throws {
        for _ in 0..<1_000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Timeout(text: what)
    }

    private func settings(_ masters: [String], id: String? = nil) -> SchedulerSettings {
        var framework = Mesos_V1_FrameworkInfo()
        framework.name = "test"
        framework.user = "root"
        framework.roles = ["*"]
        if let id { framework.id.value = id }
        var settings = SchedulerSettings(masters: masters, framework: framework)
        settings.shortestPause = .milliseconds(5)
        return settings
    }

    /// Runs a client beside `body`, until that returns.
    private func run(
        _ settings: SchedulerSettings, _ body: @Sendable @escaping (SchedulerClient, Diary) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let client = SchedulerClient(settings, logger: logger)
        let diary = Diary()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run { diary.note($0) } }
            group.addTask { try await body(client, diary) }
            // Whichever ends first: the body, or the client with an error.
            try await group.next()
            group.cancelAll()
        }
    }

    private func offer(_ id: String) -> Mesos_V1_Scheduler_Event {
        var event = Mesos_V1_Scheduler_Event()
        event.type = .rescind
        event.rescind.offerID.value = id
        return event
    }

    @Test func `it subscribes, delivers events in order and sends calls in order`() async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            try await run(settings(masters)) { client, diary in
                try await wait("subscription") { diary.all == ["subscribed framework-1"] }
                #expect(client.frameworkID?.value == "framework-1")
                for number in 0..<200 { try master.send(offer("\(number)")) }
                try await wait("events") { diary.all.count == 201 }
                #expect(diary.all.dropFirst() == (0..<200).map { "rescinded \($0)" }[...])
                for number in 0..<500 { #expect(client.kill(Mesos_V1_TaskID("\(number)"))) }
                try await wait("calls") { master.calls.count == 501 }
                #expect(master.calls.dropFirst().map(\.kill.taskID.value) == (0..<500).map(String.init))
                #expect(master.calls.dropFirst().allSatisfy { $0.frameworkID.value == "framework-1" })
                #expect(master.headers.dropFirst().allSatisfy { $0.first(name: "Mesos-Stream-Id") == "stream-1" })
                #expect(master.headers.first?.contains(name: "Mesos-Stream-Id") == false)
                #expect(master.subscriptions.first?.hasFrameworkID == false)
            }
        }
    }

    @Test func `each call says what it is about`() async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            try await run(settings(masters)) { client, diary in
                try await wait("subscription") { !diary.all.isEmpty }
                var offerID = Mesos_V1_OfferID()
                offerID.value = "o"
                var task = Mesos_V1_TaskInfo()
                task.name = "t"
                task.taskID = Mesos_V1_TaskID("t")
                task.agentID.value = "s"
                client.launch([task], on: offerID, refuseSeconds: 3)
                client.decline([offerID])
                client.revive(roles: ["a"])
                client.suppress()
                client.reconcile([(Mesos_V1_TaskID("t"), nil)])
                var status = Mesos_V1_TaskStatus()
                status.taskID = task.taskID
                #expect(client.acknowledge(status), "nothing to acknowledge, nothing sent")
                status.uuid = .init(repeating: 1, count: 16)
                status.agentID.value = "s"
                client.acknowledge(status)
                client.teardown()
                try await wait("calls") { master.calls.count == 8 }
                #expect(master.calls.map(\.type) == [.subscribe, .accept, .decline, .revive, .suppress, .reconcile, .acknowledge, .teardown])
                #expect(master.calls[1].accept.operations.first?.launch.taskInfos == [task])
                #expect(master.calls[1].accept.filters.refuseSeconds == 3)
                #expect(master.calls[3].revive.roles == ["a"])
                #expect(master.calls[6].acknowledge.uuid == status.uuid)
            }
        }
    }

    @Test func `a lost connection is made anew, under the same id`() async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            try await run(settings(masters)) { client, diary in
                try await wait("subscription") { !diary.all.isEmpty }
                master.stream?.outbox.close(.afterDrain)
                try await wait("second subscription") { diary.all.count == 3 }
                #expect(diary.all == ["subscribed framework-1", "disconnected", "subscribed framework-1"])
                #expect(master.subscriptions[1].frameworkID.value == "framework-1")
                #expect(master.subscriptions[1].subscribe.frameworkInfo.id.value == "framework-1")
                #expect(client.revive())
                try await wait("call") { master.calls.last?.type == .revive }
                #expect(master.headers.last?.first(name: "Mesos-Stream-Id") == "stream-2")
            }
        }
    }

    @Test func `it goes where a master points, and tries the next one when one doesn't answer`() async throws {
        let leader = ModelMaster()
        try await ModelMaster.with([leader]) { addresses in
            let standby = ModelMaster([.redirect("//\(addresses[0])/api/v1/scheduler")])
            try await ModelMaster.with([standby]) { others in
                try await run(settings(["127.0.0.1:1", others[0]])) { _, diary in
                    try await wait("subscription") { diary.all == ["subscribed framework-1"] }
                    #expect(standby.subscriptions.count == 1)
                    #expect(leader.subscriptions.count == 1)
                }
            }
        }
    }

    @Test func `a master that isn't ready is asked again`() async throws {
        let master = ModelMaster([
            .refuse(.serviceUnavailable, "Master has not finished recovery"), .refuse(.serviceUnavailable, "No leader elected")
        ])
        try await ModelMaster.with([master]) { masters in
            try await run(settings(masters, id: "framework-7")) { _, diary in
                try await wait("subscription") { diary.all == ["subscribed framework-7"] }
                #expect(master.subscriptions.count == 3)
            }
        }
    }

    @Test func `a master that falls silent is left`() async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            var settings = settings(masters)
            settings.heartbeatInterval = 0.05
            settings.missedHeartbeats = 2
            try await run(settings) { _, diary in
                try await wait("second subscription") { diary.all.count >= 3 }
                #expect(diary.all.prefix(3) == ["subscribed framework-1", "disconnected", "subscribed framework-1"])
            }
        }
    }

    @Test func `an error ends it, since another attempt would end the same way`() async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            await #expect(throws: SchedulerError.removed) {
                try await run(settings(masters)) { _, diary in
                    try await wait("subscription") { !diary.all.isEmpty }
                    var event = Mesos_V1_Scheduler_Event()
                    event.type = .error
                    event.error.message = "Framework has been removed"
                    try master.send(event)
                    try await Task.sleep(for: .seconds(10))
                }
            }
        }
    }

    @Test func `a call that the master doesn't take is told of, and the subscription stands`() async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            try await run(settings(masters)) { client, diary in
                try await wait("subscription") { !diary.all.isEmpty }
                master.answer([(.badRequest, "Failed to validate scheduler::Call: Expecting 'kill' to be present")])
                client.revive()
                try await wait("refusal") { diary.all.count == 2 }
                #expect(diary.all.last == "refused revive 400")
                #expect(client.suppress())
                try await wait("call") { master.calls.last?.type == .suppress }
                #expect(master.subscriptions.count == 1)
            }
        }
    }

    @Test(arguments: [
        (HTTPResponseStatus.forbidden, "Framework is not subscribed"), (.badRequest, "Framework cannot be found"),
        (.badRequest, "The stream ID 'a' included in this request didn't match the stream ID currently associated with framework ID f"),
        (.serviceUnavailable, "No leader elected")
    ])
    func `a master that doesn't know the subscription is subscribed with anew`(_ status: HTTPResponseStatus, _ text: String) async throws {
        let master = ModelMaster()
        try await ModelMaster.with([master]) { masters in
            try await run(settings(masters)) { client, diary in
                try await wait("subscription") { !diary.all.isEmpty }
                master.answer([(status, text)])
                client.revive()
                try await wait("second subscription") { diary.all.count == 3 }
                #expect(diary.all == ["subscribed framework-1", "disconnected", "subscribed framework-1"])
            }
        }
    }

    @Test func `what is sent without a subscription is dropped, and that is said`() async throws {
        let client = SchedulerClient(settings(["127.0.0.1:1"]), logger: Logger(label: "test"))
        #expect(!client.revive())
        #expect(client.frameworkID == nil)
    }

    @Test(arguments: ["", "nonsense:port", "zk://host/path"]) func `what names no master is refused at once`(_ master: String) async throws {
        let client = SchedulerClient(settings([master]), logger: Logger(label: "test"))
        await #expect(throws: SchedulerError.noMaster(master)) { try await client.run { _ in } }
        let without = SchedulerClient(settings([]), logger: Logger(label: "test"))
        await #expect(throws: SchedulerError.noMaster("")) { try await without.run { _ in } }
    }
}
