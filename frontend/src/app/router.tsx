import { createBrowserRouter, type RouteObject } from "react-router";
import { HistoryPage } from "../pages/history";
import { IntentsPage } from "../pages/intents";
import { NotFoundPage } from "../pages/not-found";
import { OpenPage } from "../pages/open";
import { OverviewPage } from "../pages/overview";
import { PositionPage } from "../pages/position";
import { PositionsPage } from "../pages/positions";
import { SettingsPage } from "../pages/settings";
import { SignInPage } from "../pages/sign-in";
import { StrategyPage } from "../pages/strategy";
import { WalletPage } from "../pages/wallet";
import { Shell } from "./shell";

export const routes: RouteObject[] = [
  { path: "/sign-in", element: <SignInPage /> },
  {
    element: <Shell />,
    children: [
      { path: "/", element: <OverviewPage /> },
      { path: "/positions", element: <PositionsPage /> },
      { path: "/positions/open", element: <OpenPage /> },
      { path: "/positions/:id", element: <PositionPage /> },
      { path: "/intents", element: <IntentsPage /> },
      { path: "/strategy", element: <StrategyPage /> },
      { path: "/wallet", element: <WalletPage /> },
      { path: "/history", element: <HistoryPage /> },
      { path: "/settings", element: <SettingsPage /> },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
];

export const makeRouter = () => createBrowserRouter(routes);
