public import MesosAPI

/// What a framework is told. Specified by Mesos 1.11 docs/scheduler-http-api.md ("Events").
public enum SchedulerEvent: Sendable {
    /// Offers and statuses of an earlier subscription no longer count. Keep the framework's id durably: whoever subscribes with it
    /// owns the tasks. A good moment for `reconcile`.
    case subscribed(Mesos_V1_FrameworkID, master: Mesos_V1_MasterInfo?)
    /// The subscription is gone; what is sent now is dropped. The client subscribes anew by itself.
    case disconnected(reason: String)
    case offers([Mesos_V1_Offer])
    case rescinded(Mesos_V1_OfferID)
    case inverseOffers([Mesos_V1_InverseOffer])
    case inverseRescinded(Mesos_V1_OfferID)
    /// Must be acknowledged if it has a uuid, and will come again until it is.
    case update(Mesos_V1_TaskStatus)
    case operation(Mesos_V1_OperationStatus)
    case message(Mesos_V1_Scheduler_Event.Message)
    /// An agent was lost or, with an executor's id, an executor has ended.
    case failure(Mesos_V1_Scheduler_Event.Failure)
    /// The master did not take a call: it was malformed or not allowed.
    case callRefused(Mesos_V1_Scheduler_Call.TypeEnum, status: Int, message: String)

    /// - Returns: nil for events that say nothing to a framework: heartbeats, and types that this library doesn't know.
    init?(_ event: Mesos_V1_Scheduler_Event) {
        switch event.type {
        case .subscribed:
            let subscribed = event.subscribed
            self = .subscribed(subscribed.frameworkID, master: subscribed.hasMasterInfo ? subscribed.masterInfo : nil)
        case .offers: self = .offers(event.offers.offers)
        case .rescind: self = .rescinded(event.rescind.offerID)
        case .inverseOffers: self = .inverseOffers(event.inverseOffers.inverseOffers)
        case .rescindInverseOffer: self = .inverseRescinded(event.rescindInverseOffer.inverseOfferID)
        case .update: self = .update(event.update.status)
        case .updateOperationStatus: self = .operation(event.updateOperationStatus.status)
        case .message: self = .message(event.message)
        case .failure: self = .failure(event.failure)
        case .error, .heartbeat, .unknown: return nil
        }
    }
}
