"""Every route of SERV-007 with the scope it needs: the one table that the door, its document and its tests read."""
from __future__ import annotations

from .. import requests
from . import account, asked, machine, market, operator, planning, plans, proof, sign_in, things, trading
from .route import Route
from .things.plans import MarginPlan, ScaleOutPlan
from .things.proof import Proof

READ, TRADE, TRANSFER, OPERATOR, PUBLIC = "read", "trade", "transfer", "operator", ""

MARKET = (
    Route("GET", "/instruments", PUBLIC, market.instruments, "Instruments", things.Instrument, page=True),
    Route("GET", "/instruments/{symbol}", PUBLIC, market.instrument, "One instrument", things.Instrument),
    Route("GET", "/tickers", PUBLIC, market.tickers, "Tickers", things.Ticker, page=True),
    Route("GET", "/depth/{symbol}", PUBLIC, market.depth, "Order book", things.Depth, asked.DepthQuery),
    Route("GET", "/trades/{symbol}", PUBLIC, market.trades, "Last trades", things.Trade, asked.CountQuery, page=True),
    Route("GET", "/candles/{symbol}", PUBLIC, market.candles, "Candles", things.Candle, asked.CandlesQuery, page=True),
    Route("GET", "/funding/{symbol}", PUBLIC, market.funding, "Funding rates", things.FundingRate,
          asked.SymbolPageQuery, page=True),
    Route("GET", "/index/{symbol}", PUBLIC, market.index, "Index and its sources", things.Index),
    Route("GET", "/liquidations/{symbol}", PUBLIC, market.liquidations, "Last liquidations", things.PublicLiquidation,
          asked.CountQuery, page=True),
    Route("GET", "/risk/{symbol}", PUBLIC, market.risk, "Risk desk", things.Risk),
    Route("GET", "/status", PUBLIC, market.status, "State of the venue", things.Status),
    Route("GET", "/time", PUBLIC, market.clock, "Time", things.Clock),
    Route("GET", "/proof", PUBLIC, proof.proof, "Hashes and sums to check", Proof),
)
PEOPLE = (
    Route("POST", "/session", PUBLIC, sign_in.sign_in, "Sign in", things.SignedIn, body=asked.SignIn, errors=(401,),
          anonymous=True),
    Route("DELETE", "/session", PUBLIC, sign_in.sign_out, "Sign out", things.Done),
    Route("GET", "/session", PUBLIC, sign_in.session, "Who is signed in", things.SignedIn),
    Route("POST", "/users", PUBLIC, sign_in.register, "Register", things.SignedIn, body=asked.Register, status=201,
          anonymous=True),
    Route("POST", "/paper", PUBLIC, sign_in.paper, "One-click paper account", things.SignedIn, asked.PaperQuery,
          status=201, anonymous=True),
    Route("GET", "/eligibility", PUBLIC, sign_in.eligibility, "Who may trade what here", things.Eligibility,
          asked.PaperQuery, anonymous=True),
    Route("POST", "/password", TRANSFER, sign_in.change_password, "Change the password", things.Done,
          body=asked.PasswordChange),
    Route("GET", "/keys", READ, sign_in.list_keys, "API keys", things.Key, page=True),
    Route("POST", "/keys", TRANSFER, sign_in.make_key, "Make an API key", things.NewKey, body=asked.KeyWanted,
          status=201),
    Route("DELETE", "/keys/{key}", TRANSFER, sign_in.remove_key, "Delete an API key", things.Done),
)
ORDERS = (
    Route("POST", "/orders", TRADE, trading.place_order, "Place an order", things.Order, body=requests.PlaceOrder),
    Route("PATCH", "/orders/{id}", TRADE, trading.amend_order, "Change an order", things.Order, body=asked.Amendment),
    Route("DELETE", "/orders/{id}", TRADE, trading.cancel_order, "Cancel an order", things.Order),
    Route("DELETE", "/orders", TRADE, trading.cancel_orders, "Cancel all orders", things.Canceled, asked.SymbolQuery),
    Route("GET", "/orders", READ, trading.list_orders, "Orders", things.Order, asked.OrdersQuery, page=True),
    Route("GET", "/orders/{id}", READ, trading.get_order, "One order", things.Order),
    Route("POST", "/cancel_all_after", TRADE, trading.cancel_all_after, "Dead man's switch", things.Deadline,
          body=asked.Timeout),
    Route("POST", "/preview", READ, trading.preview, "Preview an order", things.Preview, body=asked.PreviewWanted),
)
ACCOUNT = (
    Route("GET", "/positions", READ, account.positions, "Positions", things.Position, page=True),
    Route("POST", "/positions/{symbol}/leverage", TRADE, account.set_leverage, "Choose leverage",
          things.LeverageChosen, body=asked.LeverageChoice),
    Route("POST", "/positions/{symbol}/margin_mode", TRADE, account.set_margin_mode, "Choose margin mode",
          things.MarginModeChosen, body=asked.MarginModeChoice),
    Route("POST", "/positions/{symbol}/margin", TRADE, account.move_margin, "Add or remove margin",
          things.MarginMoved, body=asked.MarginChange),
    Route("POST", "/positions/{symbol}/close", TRADE, account.close_position, "Close a position", things.Order,
          body=asked.Closing),
    Route("POST", "/positions/{symbol}/scale_out", TRADE, account.scale_out, "Scale out of a position",
          things.ScaledOut, body=asked.ScalingOut),
    Route("GET", "/positions/{symbol}/margin", READ, plans.margin_plan, "What margin would do", MarginPlan,
          plans.MarginQuery),
    Route("GET", "/positions/{symbol}/scale_out", READ, plans.scale_out_plan, "Plan of a scale-out", ScaleOutPlan,
          plans.ScaleOutQuery),
    Route("GET", "/wallet", READ, account.wallet, "Wallet", things.Wallet, page=True),
    Route("POST", "/paper/deposit", TRANSFER, account.paper_deposit, "Paper money", things.Deposited,
          body=requests.Deposit),
    Route("GET", "/fills", READ, account.fills, "Fills", things.Fill, asked.PageQuery, page=True),
    Route("GET", "/funding_payments", READ, account.funding_payments, "Funding payments", things.FundingPayment,
          asked.PageQuery, page=True),
    Route("GET", "/ledger", READ, account.ledger, "Ledger", things.LedgerEntry, asked.PageQuery, page=True),
    Route("GET", "/ledger.csv", READ, account.ledger_csv, "Ledger as a table", None, media_type="text/csv"),
    Route("GET", "/notices", READ, account.notices, "Notices", things.Notice, asked.CountQuery, page=True),
    Route("GET", "/my/liquidations", READ, account.my_liquidations, "My liquidations", things.MyLiquidation,
          asked.PageQuery, page=True),
    Route("GET", "/my/liquidations/{id}", READ, account.my_liquidation, "Why was I liquidated", things.Story),
)
OPERATION = (
    Route("POST", "/operator/status", OPERATOR, operator.set_status, "Switch the venue", things.Status,
          body=asked.StatusChange),
    Route("POST", "/operator/instruments/{symbol}/state", OPERATOR, operator.set_instrument_state, "Switch a market",
          things.Instrument, body=asked.InstrumentStateChange),
    Route("POST", "/operator/accounts/{account}/level", OPERATOR, operator.set_level, "Level of identification",
          things.AccountLevel, body=asked.LevelChange),
    Route("POST", "/replay", OPERATOR, operator.replay, "Control the feed", things.Replay, body=asked.ReplayChange),
    Route("GET", "/operator/metrics", OPERATOR, operator.operator_metrics, "Figures", None, media_type="text/plain"),
)
MACHINE = (
    Route("GET", "/health", PUBLIC, machine.health, "Alive", things.Health),
    Route("GET", "/ready", PUBLIC, machine.ready, "Ready", things.Health),
    Route("GET", "/metrics", PUBLIC, machine.metrics, "Prometheus", None, media_type="text/plain"),
)
GROUPS = {"market": MARKET, "people": PEOPLE, "orders": ORDERS, "account": ACCOUNT, "plan": planning.ROUTES,
          "operator": OPERATION, "machine": MACHINE}
ROUTES = tuple(route for group in GROUPS.values() for route in group)
