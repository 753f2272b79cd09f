package example.acme.payments;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Service;

/** Decides about payments; asking twice for one order gives the first answer. */
@Service
public class Authorizer {

    private final long limit;
    private final Map<String, Decision> decisions = new ConcurrentHashMap<>();

    public Authorizer(@Value("${payments.limit}") long limit) {
        this.limit = limit;
    }

    public Decision decide(Payment payment) {
        return decisions.computeIfAbsent(
                payment.order(),
                order -> payment.amount() > limit ? Decision.REVIEW : Decision.AUTHORIZED);
    }

    /** What became of a payment. */
    public enum Decision {
        AUTHORIZED,
        REVIEW
    }
}
