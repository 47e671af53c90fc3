import AgoraAPI
import Machine
import MesosAPI
import SwiftProtobuf
import Testing

@testable import AgentCore

struct LaunchTests {
    @Test func `launch: the task is stored before anything is made, and STARTING before it is launched`() throws {
        var rig = try Rig.running()
        #expect(rig.launch(Rig.task()).words == ["store +frameworks", "store +tasks", "prepare"])
        #expect(rig.prepared("t").words == ["store +streams", "send taskStarting", "launch"])
        #expect(rig.launched("t").words == ["store +streams"], "one update at a time")
        let statuses = rig.acknowledgeAll("t")
        #expect(statuses.map(\.state) == [.taskStarting, .taskRunning])
        let running = try #require(statuses.last)
        #expect(running.source == .executor && running.agentID.value == Rig.agentID && running.executorID.value == "t")
        #expect(running.containerStatus.executorPid == 77)
        #expect(running.containerStatus.networkInfos.first?.ipAddresses.first?.ipAddress == "10.0.0.7")
        #expect(running.containerStatus.containerID.value == rig.container("t"))
    }

    @Test func `launch: what the launcher is asked for`() throws {
        var rig = try Rig.running { $0.rules.environment = [.init(name: "REGION", value: "north"), .init(name: "A", value: "agent")] }
        rig.launch(
            Rig.task {
                var variable = Mesos_V1_Environment.Variable()
                variable.name = "A"
                variable.value = "task"
                $0.command.environment.variables = [variable]
            })
        guard case .launch(let launch)? = rig.prepared("t").last(where: { $0.word == "launch" }) else {
            Issue.record("no launch")
            return
        }
        let sandbox = "/work/slaves/M-S0/frameworks/F1/executors/t/runs/\(rig.container("t"))"
        #expect(launch.command.shell == "sleep 100")
        #expect(launch.workingFolder == sandbox && launch.stdoutPath == sandbox + "/stdout" && launch.stderrPath == sandbox + "/stderr")
        #expect(launch.user.name == "nobody")
        #expect(launch.cgroup.cpuShares == 512 && launch.cgroup.memoryLimitBytes == 64 << 20)
        #expect(!launch.cgroup.hasCpuQuotaUs && !launch.cgroup.hasPidsMax)
        #expect(launch.namespaces == [.pid, .ipc, .uts, .mount])
        for line in ["A=task", "REGION=north", "MESOS_SANDBOX=\(sandbox)", "MESOS_TASK_ID=t", "MESOS_FRAMEWORK_ID=F1", "MESOS_ALLOCATION_ROLE=web"] {
            #expect(launch.environment.contains(line), "\(line)")
        }
        #expect(launch.environment.filter { $0.hasPrefix("A=") }.count == 1)
    }

    @Test(
        arguments: [
            ("cpus", 0.001, nil, 2, nil),
            ("cpus", 1.5, nil, 1_536, nil),
            ("cpus", 1, 2, 1_024, 200_000),
            ("cpus", 1, Double.infinity, 1_024, nil)
        ] as [(String, Double, Double?, UInt64, UInt64?)])
    func `launch: cpus become shares and quota`(name: String, amount: Double, limit: Double?, shares: UInt64, quota: UInt64?) throws {
        var rig = try Rig.running()
        rig.launch(
            Rig.task {
                $0.resources = [Rig.scalar(name, amount), Rig.scalar("mem", 64)]
                if let limit { $0.limits["cpus"] = .with { $0.value = limit } }
            })
        guard case .launch(let launch)? = rig.prepared("t").last(where: { $0.word == "launch" }) else {
            Issue.record("no launch")
            return
        }
        #expect(launch.cgroup.cpuShares == shares)
        #expect((launch.cgroup.hasCpuQuotaUs ? launch.cgroup.cpuQuotaUs : nil) == quota)
    }

    @Test(
        arguments: [(8, nil, 32, false), (64, nil, 64, false), (64, 128, 128, true), (64, Double.infinity, nil, false)]
            as [(Double, Double?, UInt64?, Bool)])
    func `launch: memory has a limit of at least 32 MB`(amount: Double, limit: Double?, hard: UInt64?, hasSoft: Bool) throws {
        var rig = try Rig.running()
        rig.launch(
            Rig.task {
                $0.resources = [Rig.scalar("cpus", 1), Rig.scalar("mem", amount)]
                if let limit { $0.limits["mem"] = .with { $0.value = limit } }
            })
        guard case .launch(let launch)? = rig.prepared("t").last(where: { $0.word == "launch" }) else {
            Issue.record("no launch")
            return
        }
        #expect((launch.cgroup.hasMemoryLimitBytes ? launch.cgroup.memoryLimitBytes >> 20 : nil) == hard)
        #expect(launch.cgroup.hasMemorySoftLimitBytes == hasSoft)
    }

    /// Something that an agent doesn't run.
    struct Unfit: Sendable, CustomTestStringConvertible {
        let what: String, state: Mesos_V1_TaskState, reason: Mesos_V1_TaskStatus.Reason
        let change: @Sendable (inout Mesos_V1_TaskInfo) -> Void
        var testDescription: String { what }

        init(
            _ what: String, _ state: Mesos_V1_TaskState, _ reason: Mesos_V1_TaskStatus.Reason,
            _ change: @escaping @Sendable (inout Mesos_V1_TaskInfo) -> Void
        ) {
            (self.what, self.state, self.reason, self.change) = (what, state, reason, change)
        }
    }

    static let unfit = [
        Unfit("no command", .taskError, .taskInvalid) { $0.clearCommand() },
        Unfit("an executor", .taskError, .taskInvalid) { $0.executor.executorID.value = "e" },
        Unfit("an id that is a path", .taskError, .taskInvalid) { $0.taskID.value = "../t" },
        Unfit("an image", .taskFailed, .containerLaunchFailed) {
            $0.container.type = .docker
            $0.container.docker.image = "nginx"
        },
        Unfit("a network", .taskFailed, .containerLaunchFailed) {
            $0.container.type = .mesos
            $0.container.networkInfos = [.with { $0.name = "dcos" }]
        },
        Unfit("an output file outside", .taskError, .taskInvalid) {
            $0.command.uris = [
                .with {
                    $0.value = "http://a/b"
                    $0.outputFile = "../../etc/passwd"
                }
            ]
        },
        Unfit("a volume that climbs", .taskFailed, .containerLaunchFailed) {
            $0.container.type = .mesos
            $0.container.volumes = [
                .with {
                    $0.containerPath = "../x"
                    $0.hostPath = "/tmp"
                    $0.mode = .rw
                }
            ]
        },
        Unfit("a secret", .taskFailed, .containerLaunchFailed) {
            $0.command.environment.variables = [
                .with {
                    $0.name = "S"
                    $0.type = .secret
                }
            ]
        },
        Unfit("a NUL in the command", .taskError, .taskInvalid) { $0.command.value = "echo a\0b; echo c" },
        Unfit("a NUL in an argument", .taskError, .taskInvalid) { $0.command.arguments = ["a\0"] },
        Unfit("a NUL in a health check", .taskError, .taskInvalid) {
            $0.healthCheck.type = .command
            $0.healthCheck.command.value = "tr\0ue"
        },
        Unfit("a NUL in the host name", .taskError, .taskInvalid) {
            $0.container.type = .mesos
            $0.container.hostname = "a\0"
        },
        Unfit("another agent's task", .taskDropped, .agentUnknown) { $0.agentID.value = "M-S9" },
        Unfit("4 MB", .taskError, .taskInvalid) { $0.command.value = String(repeating: "x", count: 4 << 20) }
    ]

    @Test(arguments: unfit)
    func `launch: a task that can't run is answered with a reliable terminal update`(unfit: Unfit) throws {
        var rig = try Rig.running()
        let effects = rig.launch(Rig.task("t", unfit.change))
        let status = try #require(effects.statuses.first)
        #expect(status.state == unfit.state && status.reason == unfit.reason && status.source == .agent && status.uuid.count == 16)
        #expect(!effects.words.contains("prepare"))
        rig.acknowledge(status)
        #expect(rig.agent.tasks.isEmpty && rig.agent.frameworks.isEmpty)
    }

    @Test func `launch: a task id is taken once while it is known, and again when it is forgotten`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task())
        #expect(
            rig.launch(Rig.task()).words == [
                "send refused: a task of this id is here already", "note: an order of the master is refused"
            ])
        rig.exited("t", ContainerEnd(.exited(0)))
        rig.acknowledgeAll("t")
        #expect(rig.launch(Rig.task()).words.last == "prepare")
    }

    @Test func `launch: a failed fetch, a failed launch and a task group are told to the framework`() throws {
        var rig = try Rig.running()
        rig.launch(Rig.task("a"))
        let fetch = rig.prepared("a", failure: "Failed to fetch all URIs for container 'x': exited with status 1")
        #expect(fetch.statuses.first?.state == .taskFailed && fetch.statuses.first?.reason == .containerLaunchFailed)
        rig.launch(Rig.task("b"))
        rig.prepared("b")
        let launch = rig.input(
            .launched(container: rig.container("b"), .failed("Failed to launch container: execve '/x': No such file or directory")))
        #expect(launch.words == ["remove", "store +sandboxes", "store +streams"])
        #expect(rig.acknowledgeAll("b").last?.message == "Failed to launch container: execve '/x': No such file or directory")
        let group = Mesos_V1_TaskGroupInfo.with { $0.tasks = [Rig.task("c"), Rig.task("d")] }
        let effects = rig.order {
            $0.launchGroup.frameworkID = Rig.framework
            $0.launchGroup.frameworkInfo = .init(wire: Rig.frameworkInfo([]).bytes)
            $0.launchGroup.executor = .init(wire: Mesos_V1_ExecutorInfo.with { $0.executorID.value = "e" }.bytes)
            $0.launchGroup.taskGroup = .init(wire: group.bytes)
        }
        #expect(effects.statuses.map(\.state) == [.taskError, .taskError])
        #expect(effects.statuses.map(\.reason) == [.taskGroupInvalid, .taskGroupInvalid])
    }

    @Test(
        arguments: [
            (ContainerEnd(.exited(0)), .taskFinished, nil, "Command exited with status 0"),
            (ContainerEnd(.exited(7)), .taskFailed, nil, "Command exited with status 7"),
            (ContainerEnd(.signalled(11)), .taskFailed, nil, "Command terminated with signal Segmentation fault"),
            (
                ContainerEnd(.signalled(9), isOutOfMemory: true, memoryPeak: 64 << 20), .taskFailed, .containerLimitationMemory,
                "Memory limit exceeded: Requested: 64MB Maximum Used: 64MB"
            ),
            (ContainerEnd(.lost), .taskFailed, .executorTerminated, "The container was lost: its monitor has vanished")
        ] as [(ContainerEnd, Mesos_V1_TaskState, Mesos_V1_TaskStatus.Reason?, String)])
    func `end: how a container ends tells how its task does`(
        end: ContainerEnd, state: Mesos_V1_TaskState, reason: Mesos_V1_TaskStatus.Reason?, message: String
    ) throws {
        var rig = try Rig.running()
        rig.run(Rig.task())
        let effects = rig.exited("t", end)
        #expect(effects.words.last == "remove", "the launcher forgets only what is stored")
        let status = try #require(effects.statuses.first)
        #expect(status.state == state && status.message == message)
        if let reason { #expect(status.reason == reason) }
        if end.isOutOfMemory { #expect(status.limitation.resources.first?.scalar.value == 64) }
    }

    @Test func `sandboxes: are deleted a week after the task's end, also by a later agent`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task())
        let container = rig.container("t")
        rig.exited("t", ContainerEnd(.exited(0)))
        rig.acknowledgeAll("t")
        #expect(rig.wake(after: 3 * 86_400).words == [])
        try rig.start()
        #expect(!rig.wake(after: 3 * 86_400).words.contains("prune"))
        let effects = rig.wake(after: 86_401)
        #expect(effects.contains(.prune(container: container, folder: "/work/slaves/M-S0/frameworks/F1/executors/t/runs/\(container)")))
        #expect(rig.input(.pruned(container: container)).words == ["store -sandboxes"])
        #expect(rig.stored["sandboxes"] == [:])
    }
}
