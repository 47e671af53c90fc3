import BatchCore
import Glibc
import Logging
import Runtime
import Scheduling

/// Carries out the core's orders, without waiting for anybody.
struct Performer: Sendable {
    let client: SchedulerClient
    let answers: Answers<Batch.Answer>
    let feed: EventFeed
    let notifier: Notifier
    let logger: Logger

    func perform(_ effect: Batch.Effect) {
        switch effect {
        case .store, .wake: preconditionFailure("the loop carries this out itself")
        case .call(let call): client.send(call)
        case .present(let framework, let suppressedRoles): client.setFramework(framework, suppressedRoles: suppressedRoles)
        case .answer(let number, let answer): answers.answer(number, answer)
        case .beginEvents(let id): feed.begin(after: id)
        case .emit(let event): feed.publish(event)
        case .notify(let notice): notifier.send(notice)
        case .giveUp(let notice, let reason):
            logger.error(
                "a notice is given up",
                metadata: [
                    "channel": "\(notice.channel)", "recipient": "\(notice.recipient)", "subject": "\(notice.subject)", "reason": "\(reason)"
                ])
        case .report(let entry, let reason):
            logger.error("an entry of the store can't be used and is left alone", metadata: ["entry": "\(entry)", "reason": "\(reason)"])
        case .fail(let reason):
            logger.critical("batch can't go on", metadata: ["reason": "\(reason)"])
            exit(70)
        }
    }
}
