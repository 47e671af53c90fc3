import AgoraAPI
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

struct AcceptTests {
    @Test func `a task is launched, and what is left is offered again after the filter`() {
        var world = World.ready()
        let effects = world.launch([.task("t")], on: ["M-O0"])
        guard case .launch("M-0000", _, let info, false) = effects.orders.first else { Issue.record("nothing was launched"); return }
        #expect((try? Mesos_V1_TaskInfo(serializedBytes: info))?.taskID.value == "t")
        #expect(effects.events == [], "STAGING is not said")
        #expect(world.pass(4.9).offers == [])
        #expect(world.pass(0.2).offers == ["M-O1: cpus:2; mem:2048"])
    }

    @Test func `the offer's role is filled in where a task's resources name none`() {
        var world = World.ready { $0.multiRole("a") }
        let effects = world.launch([.task("t")], on: ["M-O0"])
        guard case .launch(_, _, let info, _) = effects.orders.first, let task = try? Mesos_V1_TaskInfo(serializedBytes: info) else {
            Issue.record("nothing was launched")
            return
        }
        #expect(task.resources.map(\.allocationInfo.role) == ["a", "a"])
        #expect(task.command.value == "true")
    }

    @Test func `several offers of one agent count together`() {
        var world = World.ready()
        #expect(world.launch([.task("t")], on: ["M-O0"], refuse: 0).offers == ["M-O1: cpus:2; mem:2048"])
        #expect(world.update("t", .taskFinished).offers == ["M-O2: cpus:2; mem:2048"])
        #expect(world.launch([.task("u", cpus: 4, mem: 4096)], on: ["M-O1", "M-O2"]).orders.count == 1)
    }

    @Test func `without operations, or with an empty LAUNCH, ACCEPT declines`() {
        var world = World.ready()
        #expect(world.launch([], on: ["M-O0"], refuse: 2) == [])
        #expect(world.pass(1.9).offers == [])
        #expect(world.pass(0.2).offers == ["M-O1: cpus:4; mem:4096"])
    }

    @Test func `offers that can't be used fail all tasks, and those that are still valid are used up`() {
        var world = World.ready()
        #expect(
            world.launch([.task("t"), .task("u")], on: ["M-O0", "M-O9"]).statuses == [
                "t taskLost invalidOffers: Task launched with invalid offers: Offer M-O9 is no longer valid",
                "u taskLost invalidOffers: Task launched with invalid offers: Offer M-O9 is no longer valid"
            ])
        #expect(world.kernel.snapshot.offers.count == 1, "the valid one was offered anew")
        #expect(world.decline(["M-O0"]) == [])
    }

    @Test func `each reason against a set of offers`() {
        func text(_ offers: [String], _ prepare: (inout World) -> Void = { _ in }) -> String {
            var world = World.ready { $0.add(.partitionAware) }
            prepare(&world)
            return world.launch([.task("t")], on: offers).statuses.first ?? ""
        }
        let prefix = "t taskDropped invalidOffers: Task launched with invalid offers: "
        #expect(text([]) == prefix + "No offers specified")
        #expect(text(["M-O0", "M-O0"]) == prefix + "Duplicate offer M-O0 in offer list")
        #expect(text(["M-O7"]) == prefix + "Offer M-O7 is no longer valid")
        #expect(
            text(["M-O0", "M-O1"]) { _ = $0.agent(link: 2, host: "host-2") } == prefix
                + "Aggregated offers must belong to one single agent. Offer M-O1 uses agent M-S1 and agent M-S0")
        let other = text(["M-O1"]) {
            _ = $0.subscribe(stream: 2)
            _ = $0.agent(link: 2, host: "host-2")
        }
        #expect(other == prefix + "Offer M-O1 has invalid framework M-0001 while framework M-0000 is expected")
    }

    @Test func `offers of different roles can't be aggregated`() {
        var world = World()
        _ = world.subscribe { $0.multiRole("a", "b") }
        _ = world.agent {
            $0.agent.resources = [.scalar("cpus", 1, role: "a"), .scalar("mem", 100, role: "a"), .scalar("cpus", 1, role: "b")]
        }
        #expect(
            world.launch([.task("t")], on: ["M-O0", "M-O1"]).statuses.first
                == "t taskLost invalidOffers: Task launched with invalid offers: Aggregated offers must be allocated to the same role. "
                + "Offer M-O1 uses role 'b but another is using role 'a")
    }

    @Test(
        arguments: [
            Row("ID must not be empty") { $0.taskID.value = "" },
            Row("ID must not be greater than 255 characters") { $0.taskID.value = String(repeating: "x", count: 256) },
            Row("'..' is disallowed") { $0.taskID.value = ".." },
            Row("'a/b' contains invalid characters") { $0.taskID.value = "a/b" },
            Row("'a\tb' contains invalid characters") { $0.taskID.value = "a\tb" },
            Row("Task has duplicate ID: known") { $0.taskID.value = "known" },
            Row("Task uses invalid agent M-S7 while agent M-S0 is expected") { $0.agentID.value = "M-S7" },
            Row("Task's 'kill_policy.grace_period' must be non-negative") { $0.killPolicy.gracePeriod.nanoseconds = -1 },
            Row("Task's `max_completion_time` must be non-negative") { $0.maxCompletionTime.nanoseconds = -1 },
            Row("Task uses invalid health check: HealthCheck must specify 'type'") { $0.healthCheck.tcp.port = 1 },
            Row("Task uses invalid health check: Expecting 'http' to be set for HTTP health check") { $0.healthCheck.type = .http },
            Row("Task uses invalid health check: The path 'x' of HTTP health check must start with '/'") {
                $0.healthCheck.http.port = 1
                $0.healthCheck.http.path = "x"
            },
            Row("Task uses invalid health check: Unsupported HTTP health check scheme: 'ftp'") {
                $0.healthCheck.http.port = 1
                $0.healthCheck.http.scheme = "ftp"
            },
            Row("Task uses invalid health check: Expecting 'timeout_seconds' to be non-negative") {
                $0.healthCheck.type = .tcp
                $0.healthCheck.tcp.port = 1
                $0.healthCheck.timeoutSeconds = -1
            },
            Row("Task uses invalid check: Expecting 'tcp' to be set for TCP check") { $0.check.type = .tcp },
            Row("Task uses no resources") { $0.resources = [] },
            Row("Task uses invalid resources: Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0") {
                $0.resources[0].scalar.value = -1
            },
            Row("Task uses invalid resources: The 'gpus' resource must be an unsigned integer") { $0.resources.append(.scalar("gpus", 0.5)) },
            Row(
                "Task uses invalid resources: The resources have multiple allocation roles ('b' and 'a') but only one allocation role is allowed"
            ) {
                $0.resources[0].allocationInfo.role = "a"
                $0.resources[1].allocationInfo.role = "b"
            },
            Row("Task uses invalid resources: Cannot use both revocable and non-revocable 'cpus' at the same time") {
                var more = Mesos_V1_Resource.scalar("cpus", 1)
                more.revocable = .init()
                $0.resources.append(more)
            },
            Row("Environment variable 'X' of type 'VALUE' must have a value set") {
                $0.command.environment.variables = [.with { $0.name = "X" }]
            },
            Row("Task's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo") { $0.container.type = .docker },
            Row("Task's `ContainerInfo` is invalid: Parameter in DockerInfo must not be 'name'") {
                $0.container.type = .docker
                $0.container.docker.image = "i"
                $0.container.docker.parameters = [
                    .with {
                        $0.key = "name"
                        $0.value = "v"
                    }
                ]
            },
            Row("Agent is not capable of task resource limits") { $0.limits["cpus"] = .with { $0.value = 3 } },
            Row("Limits are only supported for 'cpus' and 'mem', not for 'disk'", capable: true) { $0.limits["disk"] = .with { $0.value = 3 } },
            Row("The cpus limit 1.0 must not be less than the cpus request 2", capable: true) { $0.limits["cpus"] = .with { $0.value = 1 } },
            Row("Task should have at least one (but not both) of CommandInfo or ExecutorInfo present") { $0.clearCommand() },
            Row("Task should have at least one (but not both) of CommandInfo or ExecutorInfo present") {
                $0.executor.executorID.value = "e"
                $0.executor.command.value = "x"
            },
            Row("'ExecutorInfo.command' must be set for 'CUSTOM' executor") {
                $0.clearCommand()
                $0.executor.executorID.value = "e"
            },
            Row("ExecutorInfo has an invalid FrameworkID (Actual: other vs Expected: M-0000)") {
                $0.clearCommand()
                $0.executor.executorID.value = "e"
                $0.executor.command.value = "x"
                $0.executor.frameworkID.value = "other"
            },
            Row(
                "Total resources cpus(allocated: *):9; mem(allocated: *):2048 required by task and its executor is more than available "
                    + "cpus(allocated: *):2; mem(allocated: *):2048"
            ) { $0.resources[0].scalar.value = 9 },
            Row(
                "Total resources cpus(allocated: x):1; mem(allocated: x):2048 required by task and its executor is more than available "
                    + "cpus(allocated: *):2; mem(allocated: *):2048"
            ) {
                $0.resources[0].scalar.value = 1
                for index in $0.resources.indices { $0.resources[index].allocationInfo.role = "x" }
            }
        ] as [Row<Mesos_V1_TaskInfo>])
    func `a task that is wrong gets TASK_ERROR, and what it would have used stays free`(row: Row<Mesos_V1_TaskInfo>) {
        var world = World()
        _ = world.subscribe()
        _ = world.agent { if row.isCapable { $0.capabilities = [.with { $0.type = .taskResourceLimits }] } }
        var task = Mesos_V1_TaskInfo.task("t")
        row.change(&task)
        let effects = world.launch([.task("known"), task], on: ["M-O0"], refuse: 0)
        #expect(effects.statuses == ["\(task.taskID.value) taskError taskInvalid: \(row.text)"])
        #expect(effects.offers == ["M-O1: cpus:2; mem:2048"])
        #expect(effects.orders.count == 1)
    }

    @Test func `one bad task doesn't stop the others, and each sees what those before it have used`() {
        var world = World.ready()
        let effects = world.launch([.task("a"), .task("b", cpus: 3), .task("c")], on: ["M-O0"])
        #expect(effects.orders.count == 2)
        #expect(effects.statuses.count == 1 && effects.statuses[0].hasPrefix("b taskError"))
    }

    @Test func `an executor is started once, counts once, and must stay the same`() {
        func task(_ id: String, executorCommand: String = "x") -> Mesos_V1_TaskInfo {
            .task(id, cpus: 1, mem: 100) {
                $0.clearCommand()
                $0.executor.executorID.value = "e"
                $0.executor.command.value = executorCommand
                $0.executor.resources = .scalars(cpus: 0.5, mem: 50)
            }
        }
        var world = World.ready()
        let effects = world.launch([task("a"), task("b"), task("c", executorCommand: "y")], on: ["M-O0"], refuse: 0)
        let starts = effects.orders.map { order in
            if case .launch(_, _, _, let starts) = order { starts } else { false }
        }
        #expect(starts == [true, false])
        #expect(
            effects.statuses == [
                "c taskError taskInvalid: ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID. The executor is 'e'"
            ])
        #expect(effects.offers == ["M-O1: cpus:1.5; mem:3846"])
        let exit = world.report {
            $0.executorExited.frameworkID = "M-0000"
            $0.executorExited.executorID = "e"
            $0.executorExited.status = 256
        }
        #expect(exit.events.first == .failure(agentID: "M-S0", executorID: "e", status: 256))
        #expect(exit.offers == ["M-O2: cpus:0.5; mem:50"])
    }

    /// Tasks of one executor, which uses half a CPU itself.
    private func launchExecutor(_ ids: String..., in world: inout World) {
        let tasks = ids.map { id in
            Mesos_V1_TaskInfo.task(id, cpus: 1, mem: 100) {
                $0.clearCommand()
                $0.executor.executorID.value = "e"
                $0.executor.command.value = "x"
                $0.executor.resources = .scalars(cpus: 0.5, mem: 50)
            }
        }
        _ = world.launch(tasks, on: ["M-O0"], refuse: 1000)
    }

    private func report(_ task: String, _ state: Mesos_V1_TaskState, _ source: Mesos_V1_TaskStatus.Source, in world: inout World) {
        _ = world.report {
            $0.update.frameworkID = "M-0000"
            $0.update.taskID = task
            $0.update.executorID = "e"
            $0.update.latestState = state
            $0.update.status = World.status(task, state, source: source)
        }
    }

    private func executors(in world: World) -> Int {
        var count = 0
        world.kernel.snapshot.agents.forEach { _, agent in count += agent.executors.count }
        return count
    }

    @Test func `an executor that the agent refuses holds nothing once the last of its tasks is over`() {
        var world = World.ready()
        launchExecutor("a", "b", in: &world)
        report("a", .taskError, .agent, in: &world)
        #expect(executors(in: world) == 1, "another task may start it")
        report("b", .taskError, .agent, in: &world)
        #expect(executors(in: world) == 0)
        var used = 0
        world.kernel.snapshot.agents.forEach { _, agent in used += world.kernel.snapshot.view(agent).used.count }
        #expect(used == 0)
    }

    @Test(arguments: [("a", .taskRunning, .executor), ("a", .taskKilled, .agent)] as [(String, Mesos_V1_TaskState, Mesos_V1_TaskStatus.Source)])
    func `an executor that has started, or may yet, stays until the agent reports its exit`(
        task: String, state: Mesos_V1_TaskState, source: Mesos_V1_TaskStatus.Source
    ) {
        var world = World.ready()
        launchExecutor("a", in: &world)
        report(task, state, source, in: &world)
        report(task, .taskFailed, .agent, in: &world)
        #expect(executors(in: world) == (state == .taskRunning ? 1 : 0))
        _ = world.report {
            $0.executorExited.frameworkID = "M-0000"
            $0.executorExited.executorID = "e"
            $0.executorExited.status = 0
        }
        #expect(executors(in: world) == 0)
    }

    @Test func `a TaskInfo that no agent takes is refused before it is sent to one`() {
        var world = World.ready { $0.multiRole(String(repeating: "r", count: 200)) }
        func launch(_ id: String, labels: Int, offer: Int) -> [Kernel.Effect] {
            world.launch(
                [.task(id, cpus: 1, mem: 1) { $0.labels.labels = [.with { $0.key = String(repeating: "x", count: labels) }] }], on: ["M-O\(offer)"],
                refuse: 0)
        }
        #expect(launch("a", labels: TaskSpec.limit - 600, offer: 0).orders.count == 1)
        let effects = launch("b", labels: TaskSpec.limit - 300, offer: 1)
        #expect(effects.orders == [])
        #expect(effects.statuses == ["b taskError taskInvalid: TaskInfo of 4194501 bytes is larger than the 4194304 bytes that an agent takes"])
    }

    @Test func `one ACCEPT can't launch more than may wait for its agent`() {
        var world = World()
        _ = world.subscribe { $0.labels.labels = [.with { $0.key = String(repeating: "x", count: 240_000) }] }
        _ = world.agent(cpus: 400, mem: 4096)
        let tasks = (0..<150).map { Mesos_V1_TaskInfo.task("t\($0)", cpus: 1, mem: 1) }
        let effects = world.launch(tasks, on: ["M-O0"], refuse: 1000)
        let bytes = effects.orders.reduce(0) { sum, order in
            if case .launch(_, let framework, let task, _) = order { sum + framework.count + task.count } else { sum }
        }
        #expect(bytes > Kernel.launchLimit - 500_000 && bytes <= Kernel.launchLimit)
        #expect(effects.orders.count + effects.statuses.count == 150)
        #expect(effects.statuses.allSatisfy { $0.contains("The tasks of one ACCEPT may have 33554432 bytes") })
    }

    @Test func `operations that are not served fail: tasks of groups, and others with an id`() {
        var world = World.ready()
        let effects = world.call {
            $0.type = .accept
            $0.accept.offerIds = [.with { $0.value = "M-O0" }]
            $0.accept.operations = [
                .with {
                    $0.type = .launchGroup
                    $0.launchGroup.executor.executorID.value = "e"
                    $0.launchGroup.taskGroup.tasks = [.task("t")]
                },
                .with {
                    $0.type = .reserve
                    $0.id.value = "op"
                    $0.reserve.resources = []
                },
                .with { $0.type = .create }
            ]
        }
        #expect(
            effects.statuses == ["t taskError taskGroupInvalid: Task groups are not served by this master: launch each task by itself"])
        let operations = effects.events.compactMap { event in
            if case .operationUpdate(let operation) = event { "\(operation.operationID) \(operation.state) \(operation.message)" } else { nil }
        }
        #expect(operations == ["op operationError Operation RESERVE is not served by this master"])
    }

    @Test func `a LAUNCH may not have an id`() {
        var world = World.ready()
        let effects = world.call {
            $0.type = .accept
            $0.accept.offerIds = [.with { $0.value = "M-O0" }]
            $0.accept.operations = [
                .with {
                    $0.type = .launch
                    $0.id.value = "op"
                    $0.launch.taskInfos = [.task("t")]
                }
            ]
        }
        #expect(effects.statuses == ["t taskError taskInvalid: The `id` field cannot be set on LAUNCH operations"])
    }

    @Test func `a health check without a type gets that of its field`() throws {
        let spec = TaskSpec(.task("t") { $0.healthCheck.http.port = 80 }, [], frameworkID: "F")
        #expect(spec.flaw == nil)
        #expect(try Mesos_V1_TaskInfo(serializedBytes: spec.info).healthCheck.type == .http)
    }
}
