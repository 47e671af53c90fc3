import Foundation
import Machine
import MasterCore
import MesosAPI
import Resources
import SwiftProtobuf
import Testing

struct CallTests {
    @Test(
        arguments: [
            Row("Expecting 'type' to be present") { $0.clearType() },
            Row("Expecting 'subscribe' to be present") {
                $0.type = .subscribe; $0.clearFrameworkID()
            },
            Row("Expecting 'framework_id' to be present") {
                $0.type = .kill; $0.clearFrameworkID()
            },
            Row("Expecting 'accept' to be present") { $0.type = .accept },
            Row("Expecting 'decline' to be present") { $0.type = .decline },
            Row("Expecting 'accept_inverse_offers' to be present") { $0.type = .acceptInverseOffers },
            Row("Expecting 'decline_inverse_offers' to be present") { $0.type = .declineInverseOffers },
            Row("Expecting 'kill' to be present") { $0.type = .kill },
            Row("Expecting 'shutdown' to be present") { $0.type = .shutdown },
            Row("Expecting 'acknowledge' to be present") { $0.type = .acknowledge },
            Row("Expecting 'acknowledge_operation_status' to be present") { $0.type = .acknowledgeOperationStatus },
            Row("Expecting 'reconcile' to be present") { $0.type = .reconcile },
            Row("Expecting 'reconcile_operations' to be present") { $0.type = .reconcileOperations },
            Row("Expecting 'message' to be present") { $0.type = .message },
            Row("Expecting 'request' to be present") { $0.type = .request },
            Row("Expecting 'update_framework' to be present") { $0.type = .updateFramework },
            Row("'framework_id' differs from 'subscribe.framework_info.id'") {
                $0.type = .subscribe; $0.subscribe.frameworkInfo = .framework()
            },
            Row("'framework_id' differs from 'update_framework.framework_info.id'") {
                $0.type = .updateFramework
                $0.updateFramework.frameworkInfo = .framework(id: "other")
            },
            Row("Authenticated principal 'p' does not match principal 'q' set in `FrameworkInfo`") {
                $0.type = .subscribe
                $0.subscribe.frameworkInfo = .framework(id: "F") { $0.principal = "q" }
            }
        ] as [Row<Mesos_V1_Scheduler_Call>])
    func `a call that lacks something is refused before the core sees it`(
        row: Row<Mesos_V1_Scheduler_Call>
    ) throws {
        var message = Mesos_V1_Scheduler_Call.with { $0.frameworkID.value = "F" }
        row.change(&message)
        let bytes: [UInt8] = try message.serializedBytes()
        let error = #expect(throws: CallRefusal.self) { try SchedulerCall(bytes: bytes, principal: "p") }
        #expect(error?.description == "Failed to validate scheduler::Call: \(row.text)")
    }

    @Test(arguments: [0, 15, 17]) func `the uuid of an acknowledgement has 16 bytes`(count: Int) throws {
        let message = Mesos_V1_Scheduler_Call.with {
            $0.frameworkID.value = "F"
            $0.type = .acknowledge
            $0.acknowledge.agentID.value = "A"
            $0.acknowledge.taskID.value = "t"
            $0.acknowledge.uuid = Data(count: count)
        }
        let bytes: [UInt8] = try message.serializedBytes()
        #expect(throws: CallRefusal.invalid(.uuidLength)) { try SchedulerCall(bytes: bytes) }
    }

    @Test func `what is no protobuf, or lacks a required field, can't be parsed`() {
        #expect(throws: CallRefusal.unparsable) { try SchedulerCall(bytes: [0xff]) }
        // KILL without its required task_id.
        #expect(throws: CallRefusal.unparsable) { try SchedulerCall(bytes: [10, 3, 10, 1, 70, 16, 6, 50, 0]) }
    }

    @Test func `REVIVE, SUPPRESS and TEARDOWN need nothing but the framework's id`() throws {
        for type in [Mesos_V1_Scheduler_Call.TypeEnum.revive, .suppress, .teardown] {
            let message = Mesos_V1_Scheduler_Call.with {
                $0.frameworkID.value = "F"
                $0.type = type
            }
            let bytes: [UInt8] = try message.serializedBytes()
            #expect(throws: Never.self) { try SchedulerCall(bytes: bytes) }
        }
    }

    private static let revive = SchedulerCall(
        .with {
            $0.frameworkID.value = "M-0000"
            $0.type = .revive
        })

    @Test func `who calls is checked in Mesos's order`() {
        var world = World()
        func answer(_ streamID: String?, principal: String? = nil) -> Kernel.Answer? {
            world.step(.called(question: 3, streamID: streamID, Self.revive, Origin(principal: principal))).answers.first
        }
        #expect(answer("stream-1") == .refused(.frameworkUnknown))
        _ = world.subscribe { $0.principal = "p" }
        #expect(answer(nil, principal: "q") == .refused(.principalMismatch("q", framework: "p")))
        #expect(answer(nil) == .refused(.streamIDMissing))
        #expect(answer("stream-9") == .refused(.streamIDWrong("stream-9", frameworkID: "M-0000")))
        #expect(answer("stream-1", principal: "p") == .accepted)
        _ = world.step(.streamEnded(1))
        #expect(answer("stream-1") == .refused(.notSubscribed))
        _ = world.pass(101)
        #expect(answer("stream-1") == .refused(.frameworkUnknown))
    }

    @Test func `a call of a type that nobody knows is not implemented`() {
        var world = World.ready()
        #expect(world.call { $0.type = .unknown }.answers == [.refused(.unknownType)])
    }

    @Test func `MESSAGE and SHUTDOWN go to the agent, if it is there`() {
        var world = World.ready()
        let message = world.call {
            $0.type = .message
            $0.message.agentID.value = "M-S0"
            $0.message.executorID.value = "e"
            $0.message.data = Data([1, 2])
        }
        #expect(message.orders == [.message(frameworkID: "M-0000", executorID: "e", data: [1, 2])])
        let shutdown = world.call {
            $0.type = .shutdown
            $0.shutdown.agentID.value = "M-S0"
            $0.shutdown.executorID.value = "e"
        }
        #expect(shutdown.orders == [.shutdownExecutor(frameworkID: "M-0000", executorID: "e")])
        let lost = world.call {
            $0.type = .shutdown
            $0.shutdown.agentID.value = "M-S9"
            $0.shutdown.executorID.value = "e"
        }
        #expect(lost == [])
    }

    @Test func `what can't be an id is sent to no agent`() {
        var world = World.ready()
        let long = String(repeating: "x", count: 256)
        let effects = world.call {
            $0.type = .shutdown
            $0.shutdown.agentID.value = "M-S0"
            $0.shutdown.executorID.value = long
        }
        let message = world.call {
            $0.type = .message
            $0.message.agentID.value = "M-S0"
            $0.message.executorID.value = long
            $0.message.data = Data()
        }
        #expect(effects == [] && message == [] && world.acknowledge(long) == [])
    }

    @Test func `a MESSAGE that is too large is dropped`() {
        var world = World.ready()
        func message(_ count: Int) -> [Kernel.Effect] {
            world.call {
                $0.type = .message
                $0.message.agentID.value = "M-S0"
                $0.message.executorID.value = "e"
                $0.message.data = Data(count: count)
            }
        }
        #expect(message(4 << 20).orders.count == 1)
        #expect(message(4 << 20 + 1) == [])
        #expect(world.kernel.snapshot.metrics.droppedMessages == 1)
    }

    @Test func `UPDATE_FRAMEWORK answers at once, and rescinds the offers of roles that were left`() {
        var world = World.ready { $0.multiRole("a", "b") }
        func update(_ change: (inout Mesos_V1_FrameworkInfo) -> Void) -> [Kernel.Effect] {
            world.call {
                $0.type = .updateFramework
                $0.updateFramework.frameworkInfo = .framework(id: "M-0000", change)
            }
        }
        let effects = update { $0.multiRole("b") }
        #expect(effects.answers == [.done])
        #expect(effects.events.first == .rescind(offerID: "M-O0"))
        #expect(effects.offers == ["M-O1: cpus:4; mem:4096"])
        #expect(update { $0.multiRole("/a") }.answers == [.refused(.frameworkInvalid(.invalidRoles([.leadingSlash("/a")])))])
        #expect(
            update {
                $0.multiRole("b")
                $0.user = "other"
            }.answers == [.refused(.updateInvalid(.userChanged(from: "u", to: "other")))])
    }
}
